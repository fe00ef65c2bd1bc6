// @ts-check
// Map on the page, a Streamlit component: gets scenes from the server, sends requests and events.

import { LiteratureMap } from "./map.js";
import { page } from "./page_state.js";
import { decodeScene } from "./scene.js";
import { keepViewInUrl, place, viewText, writeView } from "./url.js";
/** @import { ComponentArguments } from "./streamlit.d.ts" */
/** @import { FirstScene, MapEvent, SceneRequest } from "./types.d.ts" */

/**
 * State that stays with the component's element between two calls.
 * @typedef {object} Mount
 * @property {LiteratureMap | null} map
 * @property {number} generation of the library on the map
 * @property {number} calls
 * @property {(request: SceneRequest) => void} sendRequest
 * @property {(event: MapEvent) => void} sendEvent
 */

/** @typedef {HTMLElement & {mount?: Mount}} Root */

/** @param {ComponentArguments<Uint8Array<ArrayBuffer>>} component */
export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const root = /** @type {Root} */ (parentElement.querySelector(".root"));
  const parameters = (root.dataset.viewParameters ?? "").split(" ");
  keepViewInUrl(parameters);
  /** @type {Mount} */
  const mount = (root.mount ??= {
    map: null,
    generation: 0,
    calls: 0,
    sendRequest: () => {},
    sendEvent: () => {},
  });
  mount.sendRequest = (request) => {
    page.requests = (page.requests ?? 0) + 1;
    const own = { at: page.view ?? "", number: page.requests };
    setStateValue("request", { ...request, ...own, from: place() });
  };
  mount.sendEvent = (event) => setTriggerValue("event", { ...event, generation: mount.generation });
  const call = ++mount.calls;
  decodeScene(data)
    .then((scene) => {
      if (call !== mount.calls) return; // A later scene has come first.
      mount.map ??= addMap(root, mount, /** @type {FirstScene} */ (scene), parameters);
      mount.generation = scene.generation;
      mount.map.showScene(scene);
    })
    .catch((error) => {
      console.error(error);
      root.textContent = `The map could not be drawn (${error.message}). Search still works.`;
    });
  return () => {
    mount.map?.stop();
    if (page.map === mount.map) page.map = null;
    mount.map = null;
  };
}

/**
 * @param {Root} root
 * @param {Mount} mount
 * @param {FirstScene} scene
 * @param {string[]} parameters
 */
function addMap(root, mount, { request, theme }, parameters) {
  page.view = viewText(request.view);
  const map = new LiteratureMap(root, {
    theme,
    request,
    requestScene: (wanted) => mount.sendRequest(wanted),
    act: (event) => mount.sendEvent(event),
    viewChanged: (view) => {
      writeView(view, parameters);
      page.viewChanged?.(page.view ?? "");
    },
  });
  page.map = map;
  page.showOverlay?.(map);
  map.showListed(page.listed ?? null);
  return map;
}
