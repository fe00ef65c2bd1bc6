// @ts-check
// A small screen shows the list or the picture beside it; style.css hides the other one and these
// buttons elsewhere. What is opened or searched for shows in the list. Options of the search are
// shown when they are wanted.

/** @import { ComponentArguments } from "../map/browser/streamlit.d.ts" */

/** @typedef {{list: string, picture: string, options: string, opened: string}} Data */

const page = document.documentElement;
/** @type {string | undefined} */
let opened;

/** @param {ComponentArguments<Data>} component */
export default function ({ parentElement, data }) {
  const [options, other] = /** @type {NodeListOf<HTMLButtonElement>} */ (
    parentElement.querySelectorAll("button")
  );

  function show(/** @type {string} */ part) {
    page.dataset.part = part;
    other.textContent = part === "list" ? data.picture : data.list;
  }

  options.title = data.options;
  options.ariaLabel = data.options;
  options.ariaExpanded = String(page.hasAttribute("data-options"));
  options.onclick = () => {
    options.ariaExpanded = String(page.toggleAttribute("data-options"));
  };
  other.onclick = () => {
    show(page.dataset.part === "list" ? "picture" : "list");
    document.querySelector(".stMain")?.scrollTo(0, 0);
  };
  show(opened === data.opened ? page.dataset.part ?? "list" : "list");
  opened = data.opened;
}
