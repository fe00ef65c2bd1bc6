// @ts-check
// State shared by the components of the map, each of which Streamlit loads as a script of its own.

/** @import { LiteratureMap } from "./map.js" */

/**
 * @typedef {object} PageState
 * @property {LiteratureMap | null} map the map on the page
 * @property {((map: LiteratureMap) => void) | null} showOverlay
 * @property {((view: string) => void) | null} [viewChanged] called when the view is at rest
 * @property {{view: string, papers: number | null} | null} [listed] how many papers of a view the list
 * beside the map has
 * @property {string} [view] the view as the URL has it; none for the whole map
 * @property {number} [requests] how many scenes were requested; each request has its number, so that
 * none is like the one before and the server can say up to which it knows them
 * @property {number} [steps] how often somebody went back or forward
 * @property {boolean} [keepsUrl] whether the URL is being kept up to date
 */

/** @typedef {typeof globalThis & {literatureMap?: PageState}} Global */

const shared = /** @type {Global} */ (globalThis);

export const page = (shared.literatureMap ??= { map: null, showOverlay: null });
