// @ts-check
// State shared by the components of the map, each of which Streamlit loads as a script of its own.

/** @import { LiteratureMap } from "./map.js" */

/**
 * @typedef {object} PageState
 * @property {LiteratureMap | null} map the map on the page
 * @property {((map: LiteratureMap) => void) | null} showOverlay
 * @property {string} [view] the view as the URL has it; none for the whole map
 * @property {boolean} [keepsUrl] whether the URL is being kept up to date
 */

/** @typedef {typeof globalThis & {literatureMap?: PageState}} Global */

const shared = /** @type {Global} */ (globalThis);

export const page = (shared.literatureMap ??= { map: null, showOverlay: null });
