/** Shapes shared by the scripts of the map; scenes are packed by `explorer/map/scene.py`. */

/** On the map's axes, or in pixels from the top left corner of the map. */
export type Point = [x: number, y: number];

/** A rectangle on the map's axes. */
export type View = [left: number, bottom: number, right: number, top: number];

/** Width and height in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** A rectangle on the screen by its centre and size, in pixels. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Centre of the view on the map's axes, and pixels per unit, equal on both axes. */
export interface Camera {
  x: number;
  y: number;
  scale: number;
}

/** First and last period, as indices among all periods. */
export type Span = [first: number, last: number];

/** Colours of a theme. */
export interface Theme {
  text: string;
  faint: string;
  background: string;
}

/** Everything that a scene depends on; `view` is null for the whole map. */
export interface SceneRequest {
  view: View | null;
  /** `topic`, `year`, ...: what papers are coloured by. */
  colourBy: string;
  /** Use colours that colour-blind people can distinguish. */
  safe: boolean;
  /** Papers of other periods are greyed; null for none. */
  span: Span | null;
}

/** The name of a topic at the middle of its papers; `radius` holds most of them. */
export interface TopicName {
  id: string;
  label: string;
  level: number;
  /** Whether the topic has no finer ones. */
  finest: boolean;
  papers: number;
  papersPerPeriod: number[];
  x: number;
  y: number;
  radius: number;
  /** An index into the palette; one beyond it for none. */
  colour: number;
}

/** A topic on the path to a finer one. */
export interface PathTopic {
  id: string;
  label: string;
}

export interface LegendEntry {
  label: string;
  colour: number;
  papers: number | null;
  /** Query that shows only these papers; empty if there is none. */
  clause: string;
}

/** Ordered colours, the first ones of the palette, with a word for each end. */
export interface Ramp {
  low: string;
  high: string;
  steps: number;
}

/** Counts of papers on a grid over `view`, drawn behind a sample of papers. */
export interface Density {
  view: View;
  columns: number;
  rows: number;
}

/** A screenful of the map. The arrays from `x` to `focus` have one value per drawn paper. */
export interface Scene {
  generation: number;
  /** Papers on the whole map. */
  papers: number;
  /** The level of topics that is named on the whole map. */
  level: number;
  home: View;
  isHome: boolean;
  view: View;
  /** The view and a margin around it, which the drawn papers and the density cover. */
  extent: View;
  /** Those of other periods than the span are left out. */
  papersInView: number;
  /** Whether all papers in view are drawn, not a sample. */
  complete: boolean;
  /** Whether some papers stand out and the others are greyed. */
  focused: boolean;
  colourBy: string;
  colourings: string[];
  palette: string[];
  legend: LegendEntry[];
  /** Null for categories, whose colours have no order. */
  ramp: Ramp | null;
  topicNames: TopicName[];
  periods: string[];
  /** Periods of the earliest and latest papers, which count in the first and last of `periods`. */
  earliest: string;
  latest: string;
  papersPerPeriod: number[];
  /** The span that was requested. */
  span: Span | null;
  /** Level and coordinates (x, y, x, y, ...) of lines of equal density, in steps of `extent`. */
  contours: [level: number, line: number[]][];
  contourSteps: number;
  density: Density | null;
  /** Labels of the topics that `topic` indexes. */
  topics: string[];
  /** For each of them the topics that it lies in, coarse to fine, as indices into `pathTopics`. */
  topicPaths: number[][];
  pathTopics: PathTopic[];
  titles: string[];
  count: number;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  row: ArrayLike<number>;
  colour: ArrayLike<number>;
  topic: ArrayLike<number>;
  /** 0 if unknown. */
  year: ArrayLike<number>;
  /** An index into `periods`, or one beyond it if the date is unknown. */
  period: ArrayLike<number>;
  focus?: ArrayLike<number>;
  /** Per cell of the density, the lowest row first: opacity of 255, and the palette's index. */
  cellOpacity?: ArrayLike<number>;
  cellColour?: ArrayLike<number>;
}

/** The first scene of a map says how it begins. */
export interface FirstScene extends Scene {
  request: SceneRequest;
  theme: Theme;
}

/** A search result, drawn as a numbered badge. */
export interface Hit {
  x: number;
  y: number;
  number: number;
  row: number;
  title: string;
  year: number;
  topic: string;
  background: string;
  text: string;
}

/** The mark of one search result, or of several that lie too close together. */
export interface HitMark {
  hits: Hit[];
  /** Pixels of their papers. */
  spots: Point[];
  x: number;
  y: number;
}

export interface OpenPaper {
  row: number;
  x: number;
  y: number;
  colour: string;
}

/** Highlights on the map. */
export interface Overlay {
  hits: Hit[];
  /** Further papers that match best, shaded. */
  heat: Point[];
  opened: OpenPaper | null;
  starred: Point[];
  region: Point[] | null;
  /** Whether papers that are no hits are greyed. */
  grey: boolean;
}

/** Colours of a badge. */
export interface BadgeColours {
  background: string;
  text: string;
}

/** A user's action on the map that the host acts on. */
export type MapEvent =
  | { kind: "open"; row: number }
  | { kind: "topic"; topic: string }
  | { kind: "region"; region: Point[] }
  | { kind: "clause"; clause: string }
  | { kind: "release" };

/** The page or file that shows a map. */
export interface Host {
  theme: Theme;
  /** The first scene that the map shows. */
  request: SceneRequest;
  /** Provide the scene of a view, through `LiteratureMap.showScene`. */
  requestScene(request: SceneRequest & { view: View }): void;
  act(event: MapEvent): void;
  /** Notice the view at rest; null for the whole map. */
  viewChanged?(view: View | null): void;
}

export type Tool = "pan" | "lasso" | "box";

export type PictureFormat = "png" | "svg";

export interface ListedPaper {
  row: number;
  title: string;
  year: number;
  topic: string;
  /** The number of a search result. */
  number?: number;
}

/** A topic's name where it is drawn. */
export interface PlacedTopicName extends TopicName {
  fontSize: number;
  opacity: number;
  box: Box;
}

export interface PlacedTitle {
  title: string;
  x: number;
  y: number;
}

/** Everything that is painted. */
export interface Picture {
  /** The current scene, preceded by those behind it. */
  scenes: Scene[];
  overlay: Overlay;
  camera: Camera;
  size: Size;
  theme: Theme;
  span: Span | null;
  /** Index in the current scene. */
  hovered?: number;
  /** Id of the topic whose name is hovered. */
  hoveredTopic?: string;
  /** Areas that names and titles keep clear of. */
  occupied?: Box[];
}

/** Something that the map is painted on. */
export interface Surface {
  fill(colour: string): void;
  /** Prepare circles of one radius, to be drawn many times. */
  dots(
    radius: number,
    edge: string,
  ): (x: number, y: number, colour: string, opacity: number) => void;
  /** Prepare soft spots of one radius and colour, strongest in the middle. */
  glow(
    radius: number,
    colour: string,
  ): (x: number, y: number, opacity: number) => void;
  circle(
    x: number,
    y: number,
    radius: number,
    colour: string,
    edge: string,
    thickness: number,
  ): void;
  line(
    points: Point[],
    colour: string,
    thickness: number,
    opacity: number,
    closed?: boolean,
  ): void;
  /** Draw a smooth line that points pull at; it ends at the first and the last of them. */
  curve(points: Point[], colour: string, thickness: number, opacity: number): void;
  image(
    canvas: HTMLCanvasElement,
    corner: Point,
    size: Size,
    opacity: number,
  ): void;
  text(words: string, x: number, y: number, style: TextStyle): void;
}

export interface TextStyle {
  size: number;
  colour: string;
  /** Colour of the outline that sets text off from what is behind it. */
  halo?: string;
  opacity?: number;
  weight?: number;
}

/** A topic on the chart of growth against size; see `explorer/map/charts.py`. */
export interface GrowthPoint {
  id: string;
  label: string;
  papers: number;
  growth: number;
  colour: string;
  /** Size and growth in words. */
  note: string;
}

/** A way to colour the papers of an exported map. */
export interface Colouring {
  name: string;
  palette: string[];
  safe: string[];
  legend: LegendEntry[];
  ramp: Ramp | null;
  /** An index into the palette per paper. */
  colours: ArrayLike<number>;
}

/** All papers of an exported map, in the order in which they come into view. */
export interface ExportedLibrary {
  level: number;
  home: View;
  colourings: Map<string, Colouring>;
  topicNames: TopicName[];
  periods: string[];
  earliest: string;
  latest: string;
  papersPerPeriod: number[];
  topics: string[];
  topicPaths: number[][];
  pathTopics: PathTopic[];
  titles: string[];
  links: string[];
  light: Theme;
  dark: Theme;
  badge: BadgeColours;
  sampling: Sampling;
  count: number;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  topic: ArrayLike<number>;
  year: ArrayLike<number>;
  period: ArrayLike<number>;
}

/** Texts about the papers of an exported map, in the same order. */
export interface Details {
  authors: string[];
  venues: string[];
  abstracts: string[];
}

/** Settings of `explorer/map/scene.py`. */
export interface Sampling {
  /** Views with more papers show a sample. */
  maxDrawn: number;
  sampleSize: number;
  /** Papers drawn around the view. */
  maxAround: number;
  /** Of the view's width and height. */
  margin: number;
  columns: number;
  rows: number;
  minOpacity: number;
  maxOpacity: number;
  /** The index that stands for no colour, and the number of those that stand for one. */
  noColour: number;
  maxColours: number;
}
