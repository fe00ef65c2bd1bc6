// @ts-check
// Breadcrumb: the topics, coarse to fine, that the middle of the view lies in.

import { contains, widen } from "./camera.js";
import { element } from "./dom.js";
/** @import { PathTopic, Scene, View } from "./types.d.ts" */

const MAJORITY = 0.5; // of the papers looked at, which a topic has more than
const MIDDLE = -0.25; // of the view's width and height on each side: half of both is left

/**
 * Return the topics, coarse to fine, that each have most of the papers in the middle of the view,
 * or of all in view if none is in the middle.
 * @param {Scene} scene
 * @param {View} view
 */
export function topicsInView(scene, view) {
  const middle = widen(view, MIDDLE);
  const { count, x, y } = scene;
  for (let i = 0; i < count; i++) {
    if (contains(middle, x[i], y[i])) return majorityPath(scene, middle);
  }
  return majorityPath(scene, view);
}

/**
 * @param {Scene} scene
 * @param {View} view
 * @returns {PathTopic[]}
 */
function majorityPath({ count, x, y, topic, topicPaths, pathTopics }, view) {
  const papers = pathTopics.map(() => 0);
  let inView = 0;
  for (let i = 0; i < count; i++) {
    if (!contains(view, x[i], y[i])) continue;
    inView++;
    for (const place of topicPaths[topic[i]]) papers[place]++;
  }
  // Two topics with more than half of the papers each share some, so that they lie on one path.
  const path = topicPaths.reduce((best, each) => depth(each) > depth(best) ? each : best, []);
  return path.slice(0, depth(path)).map((place) => pathTopics[place]);

  /** @param {number[]} each */
  function depth(each) {
    const end = each.findIndex((place) => papers[place] <= MAJORITY * inView);
    return end < 0 ? each.length : end;
  }
}

/**
 * Return the breadcrumb.
 * @param {{showWholeMap(): void, openTopic(id: string): void}} actions
 */
export function createBreadcrumb({ showWholeMap, openTopic }) {
  const breadcrumb = element("nav", "breadcrumb");
  breadcrumb.setAttribute("aria-label", "Topics in view");
  breadcrumb.hidden = true;
  const list = element("ol");
  breadcrumb.append(list);
  let shown = "";

  /** @param {string} label @param {string} title @param {() => void} onClick */
  function part(label, title, onClick) {
    const button = element("button", "", label);
    button.type = "button";
    button.title = title;
    button.onclick = onClick;
    const item = element("li");
    item.append(button);
    return item;
  }

  return {
    element: breadcrumb,

    /** @param {PathTopic[]} topics coarse to fine */
    show(topics) {
      const written = topics.map(({ id }) => id).join();
      if (written === shown) return; // The focus stays where it is.
      shown = written;
      breadcrumb.hidden = !topics.length;
      list.replaceChildren(
        part("Whole map", "Whole map (0)", showWholeMap),
        ...topics.map(({ id, label }) => part(label, `Open ${label}`, () => openTopic(id))),
      );
    },
  };
}
