// @ts-check
// Interactive map: pan, zoom, hover, select. Requests the scene of the current view from its host.

import { createBadges } from "./badges.js";
import { topicsInView } from "./breadcrumb.js";
import { covers, projection, unproject } from "./camera.js";
import { CanvasSurface } from "./canvas_surface.js";
import { createControls } from "./controls.js";
import { element } from "./dom.js";
import { listenToGestures } from "./gestures.js";
import { HitFraming } from "./hit_framing.js";
import { hitMarks } from "./hit_marks.js";
import { listenToMapKeys } from "./keys.js";
import { Navigation } from "./navigation.js";
import { paintMap } from "./painting.js";
import { countInView, drawnInView, listInView, nearestOutside, targetAt } from "./picking.js";
import { savePicture } from "./picture.js";
import { simplifyPolygon } from "./polygon.js";
import { createTooltip } from "./tooltip.js";
import { viewText } from "./url.js";
import { createWayBack } from "./way_back.js";
/** @import { Camera, Host, Overlay, Picture, PlacedTopicName, Point } from "./types.d.ts" */
/** @import { Scene, SceneRequest, Span, Theme, View } from "./types.d.ts" */

const REST = 120; // milliseconds without movement after which a finer scene may be requested
const GROUP_ZOOM = 3; // towards several results that share a badge
const MAX_SCALE_RATIO = 1.35; // a scene this much coarser or finer than the view is replaced

/** @type {Overlay} */
const NO_OVERLAY = { hits: [], heat: [], opened: null, starred: [], region: null, grey: false };

export class LiteratureMap {
  /**
   * Identifies the goal that the map was last led to; undefined for a new map.
   * @type {string | undefined}
   */
  flight;
  /** Row of the paper that the map was last led to. @type {number | undefined} */
  opened;

  /** How often the whole map was requested. */
  wholeMapRequests = 0;

  #framing = new HitFraming();
  /** The search whose hits are to be framed once there is a view. @type {string | null} */
  #searchToFrame = null;
  #host;
  #frame;
  #canvas;
  #tooltip;
  #badges;
  #controls;
  #gestures;
  #navigation;
  #wayBack;
  #resizing;
  /** The current scene, preceded by that of the whole map. @type {Scene[]} */
  #scenes = [];
  #overlay = NO_OVERLAY;
  /** @type {Theme} */
  #theme;
  /** @type {SceneRequest} */
  #request;
  #lastRequest = "";
  /** The span that is painted; it is requested once it is settled. @type {Span | null} */
  #span;
  /** Whether the painted span is not yet requested. */
  #isChoosingSpan = false;
  /** Index of the hovered paper. @type {number | undefined} */
  #hovered;
  /** Id of the topic whose name is hovered. @type {string | undefined} */
  #hoveredTopic;
  /** @type {PlacedTopicName[]} */
  #topicNames = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #restTimer;
  #paintFrame = 0;
  #isMoving = false;
  /** @type {{view: string, papers: number | null} | null} */
  #listed = null;

  /** @param {Element} root @param {Host} host */
  constructor(root, host) {
    this.#host = host;
    this.#theme = host.theme;
    this.#request = host.request;
    this.#span = host.request.span;
    this.#frame = element("div", "map");
    this.#canvas = element("canvas", "map-canvas");
    this.#canvas.tabIndex = 0;
    this.#canvas.setAttribute("role", "application");
    this.#tooltip = createTooltip();
    this.#badges = createBadges({
      open: (row) => host.act({ kind: "open", row }),
      zoom: (point) => this.#byHand().zoomSmoothly(GROUP_ZOOM, point),
    });
    this.#navigation = new Navigation(host.request.view, () => this.#moved());
    this.#wayBack = createWayBack((paper) => this.#byHand().centre(paper));
    const marks = [this.#badges.element, this.#wayBack.element, this.#tooltip.element];
    this.#frame.append(this.#canvas, ...marks);
    root.replaceChildren(this.#frame);
    this.#controls = this.#addControls();
    this.#gestures = this.#addGestures();
    this.#addKeys();
    this.#resizing = new ResizeObserver(() => this.#resize());
    this.#resizing.observe(this.#frame);
  }

  /**
   * Show a scene; the scene of the whole map stays behind it until it covers the view.
   * @param {Scene} scene
   */
  showScene(scene) {
    const whole = this.#scenes.find((each) => each.isHome && each.generation === scene.generation);
    this.#scenes = scene.isHome || !whole ? [scene] : [whole, scene];
    if (this.#scenes.length > 1) this.#scenes[0].palette = scene.palette;
    this.#unhover();
    this.#canvas.setAttribute(
      "aria-label",
      `Map of ${scene.papers.toLocaleString()} papers. Arrow keys move, plus and minus zoom, ` +
        "0 shows the whole map, t lists the papers in view.",
    );
    this.#navigation.begin(scene.home);
    this.#controls.showScene(scene, this.#request.safe, this.#span);
    this.#showCount();
    this.#frame.dataset.scene = `${scene.view.join()} ${scene.count} ${scene.papersInView}`;
    this.#showTopicsInView();
    this.#repaint();
    if (this.#camera) this.#requestScene();
    this.#frameHits();
  }

  /** @param {Overlay} overlay @param {Theme} theme */
  showOverlay(overlay, theme) {
    this.#overlay = overlay;
    this.#theme = theme;
    for (const [name, colour] of Object.entries(theme)) {
      this.#frame.style.setProperty(`--${name}`, colour);
    }
    this.#badges.show(overlay);
    this.#controls.offerResults(overlay.hits.length > 0);
    this.#repaint();
  }

  /**
   * Fly to a view, unless `point` is in sight already.
   * @param {View | null} view null for the whole map
   * @param {{x: number, y: number} | null} point
   */
  flyTo(view, point = null) {
    this.#navigation.flyTo(view, point);
  }

  /**
   * Fly to the hits of a search where they cover little of the view, as soon as there is one.
   * @param {string} search identifies it; empty if nothing is searched
   */
  frameHits(search) {
    this.#searchToFrame = search;
    this.#frameHits();
  }

  /** Keep the view for a search, as it was chosen for it. @param {string} search */
  keepViewFor(search) {
    this.#framing.accept(search);
  }

  /**
   * Show the count of the list beside the map while the view is the one that it lists.
   * @param {{view: string, papers: number | null} | null} listed
   */
  showListed(listed) {
    this.#listed = listed;
    if (this.#scenes.length) this.#showCount();
  }

  /** Whether the view has not come to rest. */
  get isMoving() {
    return this.#isMoving;
  }

  /** The marks of hits as they are drawn. */
  get hitMarks() {
    return hitMarks(this.#overlay, this.#camera, this.#size);
  }

  /**
   * Show the host's span, unless another is being chosen.
   * @param {Span | null} span
   */
  followSpan(span) {
    if (this.#isChoosingSpan || isSame(span, this.#span)) return;
    this.#request = { ...this.#request, span };
    this.#lastRequest = ""; // it may be wanted again
    this.#controls.showSpan(span);
    this.#paintSpan(span);
  }

  /** Topic names as they are drawn, with their boxes in pixels. */
  get topicNames() {
    return this.#topicNames;
  }

  /** The part of the map in sight. @returns {View} */
  get view() {
    return this.#navigation.view;
  }

  /** Make the badge of one hit stand out. @param {number} number */
  highlightHit(number) {
    this.#badges.highlight(number);
  }

  /** Stop all activity before the map is removed. */
  stop() {
    this.#resizing.disconnect();
    this.#controls.stop();
    this.#navigation.stop();
    clearTimeout(this.#restTimer);
    cancelAnimationFrame(this.#paintFrame);
  }

  /** Set as soon as anything is painted. */
  get #camera() {
    return /** @type {Camera} */ (this.#navigation.camera);
  }

  get #size() {
    return this.#navigation.size;
  }

  get #scene() {
    return this.#scenes[this.#scenes.length - 1];
  }

  #frameHits() {
    if (this.#searchToFrame === null || !this.#camera || !this.#scenes.length) return;
    const { hits } = this.#overlay;
    const goal = this.#framing.follow(this.#searchToFrame, hits, this.view, this.#scene.home);
    this.#searchToFrame = null;
    if (goal) this.#navigation.flyTo(goal, null);
  }

  /** Return the navigation, for a person. */
  #byHand() {
    this.#framing.moveByHand();
    return this.#navigation;
  }

  #addControls() {
    return createControls(this.#frame, {
      zoom: (factor) => this.#byHand().zoomSmoothly(factor),
      showWholeMap: () => this.#byHand().showWholeMap(),
      showResults: () => this.#byHand().showAll(this.#overlay.hits),
      toggleTool: (tool) => this.#gestures.toggleTool(tool),
      save: (format) => savePicture(this.#picture, format),
      colourBy: (colourBy) => this.#changeRequest({ colourBy }),
      useSafeColours: (safe) => this.#changeRequest({ safe }),
      filter: (clause) => this.#host.act({ kind: "clause", clause }),
      resized: () => this.#repaint(),
      selectSpan: (span, settled) => this.#selectSpan(span, settled),
      papersInView: () => listInView(this.#scene, this.#overlay.hits, this.view, this.#span),
      open: (row) => this.#host.act({ kind: "open", row }),
      openTopic: (topic) => this.#host.act({ kind: "topic", topic }),
    });
  }

  #addGestures() {
    return listenToGestures(this.#canvas, {
      isReady: () => this.#camera !== null,
      touched: () => this.#navigation.stop(),
      hover: (point) => this.#hover(point),
      leave: () => {
        this.#unhover();
        this.#repaint();
      },
      click: (point) => this.#click(point),
      pan: (dx, dy) => this.#byHand().pan(dx, dy),
      zoom: (factor, point) => this.#byHand().zoom(factor, point),
      zoomSmoothly: (factor, point) => this.#byHand().zoomSmoothly(factor, point),
      outlineChanged: () => this.#repaint(),
      select: (outline) => this.#select(outline),
      toolChanged: (tool) => {
        this.#controls.showTool(tool);
        this.#badges.setPassThrough(tool !== "pan");
      },
    });
  }

  #addKeys() {
    listenToMapKeys(this.#canvas, {
      step: (right, up) => this.#byHand().step(right, up),
      zoom: (factor) => this.#byHand().zoomSmoothly(factor),
      showWholeMap: () => this.#byHand().showWholeMap(),
      toggleTable: () => this.#controls.toggleTable(),
      toggleTool: (tool) => this.#gestures.toggleTool(tool),
      dropTool: () => {
        const dropped = this.#gestures.tool !== "pan";
        if (dropped) this.#gestures.toggleTool("pan");
        return dropped;
      },
    });
  }

  /** @param {Partial<SceneRequest>} change */
  #changeRequest(change) {
    this.#request = { ...this.#request, ...change };
    this.#requestScene(true);
  }

  /** @param {Span | null} span @param {boolean} settled */
  #selectSpan(span, settled) {
    this.#paintSpan(span);
    this.#isChoosingSpan = true;
    if (settled) this.#changeRequest({ span });
  }

  /** @param {Span | null} span */
  #paintSpan(span) {
    this.#span = span;
    this.#unhover();
    this.#repaint();
    this.#showCount();
  }

  /** Request a scene, once the view is at rest and only if the current scene does not suit it. */
  #requestScene(anyway = false) {
    clearTimeout(this.#restTimer);
    this.#restTimer = setTimeout(() => this.#rest(anyway), anyway ? 0 : REST);
  }

  /** @param {boolean} anyway */
  #rest(anyway) {
    this.#isMoving = false;
    const view = /** @type {View} */ (this.view.map((value) => Number(value.toPrecision(7))));
    this.#showCount();
    this.#showTopicsInView();
    this.#host.viewChanged?.(this.#navigation.showsWholeMap ? null : view);
    if (isSame(this.#request.span, this.#span)) this.#isChoosingSpan = false;
    const request = { ...this.#request, view };
    const written = JSON.stringify(request);
    if (written === this.#lastRequest || (!anyway && suits(this.#scene, view))) return;
    this.#lastRequest = written;
    this.#host.requestScene(request);
  }

  #repaint() {
    if (this.#paintFrame || !this.#scenes.length || !this.#camera) return;
    this.#paintFrame = requestAnimationFrame(() => {
      this.#paintFrame = 0;
      this.#paint();
    });
  }

  #paint() {
    const surface = new CanvasSurface(this.#canvas, this.#size, devicePixelRatio || 1);
    this.#topicNames = paintMap(surface, {
      ...this.#picture,
      hovered: this.#hovered,
      hoveredTopic: this.#hoveredTopic,
      occupied: this.#controls.boxes(),
    });
    const { outline } = this.#gestures;
    if (outline) surface.line(outline, this.#theme.text, 1.5, 0.9, true);
    this.#badges.place(this.#camera, this.#size);
    this.#wayBack.show(nearestOutside(this.#scenes, this.view), this.#camera);
  }

  /** @returns {Picture} */
  get #picture() {
    return {
      scenes: this.#scenes,
      overlay: this.#overlay,
      camera: this.#camera,
      size: this.#size,
      theme: this.#theme,
      span: this.#span,
    };
  }

  #moved() {
    this.#isMoving = true;
    this.#unhover();
    this.#repaint();
    this.#requestScene();
  }

  /** @param {Point} point */
  #targetAt(point) {
    if (!this.#camera) return {};
    return targetAt(
      this.#scene,
      this.#topicNames,
      this.#camera,
      this.#size,
      point,
      this.#span,
    );
  }

  /** @param {Point} point */
  #hover(point) {
    const { paper, topic } = this.#targetAt(point);
    this.#gestures.showCursor(paper !== undefined || topic !== undefined);
    if (paper !== undefined) {
      this.#tooltip.showPaper(this.#scene, paper, this.#pixelOf(paper), this.#size);
    } else if (topic) {
      this.#tooltip.showTopic(topic, this.#size);
    } else this.#tooltip.hide();
    if (this.#hovered !== paper || this.#hoveredTopic !== topic?.id) this.#repaint();
    [this.#hovered, this.#hoveredTopic] = [paper, topic?.id];
  }

  #unhover() {
    this.#hovered = this.#hoveredTopic = undefined;
    this.#tooltip.hide();
  }

  /** @param {number} paper index in the scene @returns {Point} */
  #pixelOf(paper) {
    const screen = projection(this.#camera, this.#size);
    return [screen.x(this.#scene.x[paper]), screen.y(this.#scene.y[paper])];
  }

  /** @param {Point} point */
  #click(point) {
    const { paper, topic } = this.#targetAt(point);
    if (paper !== undefined) this.#host.act({ kind: "open", row: this.#scene.row[paper] });
    else if (topic) this.#host.act({ kind: "topic", topic: topic.id });
    else if (this.#overlay.region || this.#overlay.opened) this.#host.act({ kind: "release" });
  }

  /** @param {Point[]} outline in pixels */
  #select(outline) {
    this.#repaint();
    const region = simplifyPolygon(outline).map((pixel) => {
      const [x, y] = unproject(this.#camera, this.#size, pixel);
      return /** @type {Point} */ ([Number(x.toPrecision(5)), Number(y.toPrecision(5))]);
    });
    if (region.length > 2) this.#host.act({ kind: "region", region });
  }

  #showCount() {
    const view = this.#camera ? this.view : this.#scene.view;
    const drawn = drawnInView(this.#scene, view, this.#span);
    const isListed = this.#listed && this.#listed.view === this.#viewText;
    const listed = isListed && !this.#isMoving ? this.#listed?.papers : null;
    // Positions are rounded on their way here: by the edge of the view the list knows better.
    const papers = listed ?? countInView(this.#scene, view, this.#span);
    this.#controls.showCount(papers, drawn, this.#scene.complete);
  }

  /** The view as the URL has it. */
  get #viewText() {
    return this.#navigation.showsWholeMap ? "" : viewText(this.view);
  }

  #showTopicsInView() {
    const whole = !this.#camera || this.#navigation.showsWholeMap;
    this.#controls.showTopics(whole ? [] : topicsInView(this.#scene, this.view));
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.#frame;
    if (!width || !height) return;
    this.#navigation.resize({ width, height }, this.#scenes.length > 0);
    this.#repaint();
    if (this.#camera) this.#requestScene();
    this.#frameHits();
  }
}

/** @param {Span | null} one @param {Span | null} other */
function isSame(one, other) {
  return one?.join() === other?.join();
}

/** Return whether a scene is good enough for a view. @param {Scene} scene @param {View} view */
function suits(scene, view) {
  const ratio = (scene.view[2] - scene.view[0]) / (view[2] - view[0]);
  const isFinest = scene.complete && !scene.contours.length;
  const fineEnough = ratio < MAX_SCALE_RATIO || isFinest;
  return covers(scene.extent, view) && fineEnough && ratio > 1 / MAX_SCALE_RATIO;
}
