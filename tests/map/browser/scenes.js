// @ts-check
// Scenes for tests.

/** @import { Scene, TopicName } from "../../../explorer/map/browser/types.d.ts" */

/**
 * Return a scene of papers, with defaults for what a test does not care about.
 * @param {[x: number, y: number][]} papers
 * @param {Partial<Scene>} [changes]
 * @returns {Scene}
 */
export function sceneWith(papers, changes = {}) {
  const zeros = papers.map(() => 0);
  return {
    generation: 1,
    papers: papers.length,
    level: 0,
    home: [0, 0, 100, 100],
    isHome: true,
    view: [0, 0, 100, 100],
    extent: [-15, -15, 115, 115],
    papersInView: papers.length,
    complete: true,
    focused: false,
    colourBy: "topic",
    colourings: ["topic"],
    palette: ["#4878d0", "#e07b39"],
    legend: [],
    ramp: null,
    topicNames: [],
    periods: ["2023", "2024", "2025"],
    earliest: "2023",
    latest: "2025",
    papersPerPeriod: [0, 0, 0],
    span: null,
    contours: [],
    contourSteps: 4095,
    density: null,
    topics: ["Only topic"],
    topicPaths: [[0]],
    pathTopics: [{ id: "t1", label: "Only topic" }],
    titles: papers.map((_, i) => `Title ${i}`),
    count: papers.length,
    x: papers.map(([x]) => x),
    y: papers.map(([, y]) => y),
    row: papers.map((_, i) => 10 + i),
    colour: zeros,
    topic: zeros,
    year: papers.map(() => 2024),
    period: papers.map(() => 1),
    ...changes,
  };
}

/**
 * Return a topic name.
 * @param {string} label
 * @param {Partial<TopicName>} [changes]
 * @returns {TopicName}
 */
export function topicName(label, changes = {}) {
  const name = { id: label, label, level: 0, finest: true, papers: 40, x: 50, y: 50, radius: 10 };
  return { ...name, papersPerPeriod: [10, 20, 10], colour: 0, ...changes };
}
