// The map as a part of the page: what the server sends, and what the user does.

// The map, and what is laid over it, come separately: hits change as one types, the map does not.
const page = (globalThis.literatureMap ??= { atlas: null, over: null });
const LOOK = ["at", "by", "safe", "when"];

// The URL says where one looks, but moves on the map are no steps to go back by.
if (!page.push) {
  page.push = history.pushState;
  history.pushState = (state, title, url) => {
    const next = lookedFrom(new URL(url ?? location.href, location.href));
    const moved = pageOf(new URL(next)) === pageOf(new URL(location.href));
    if (moved) history.replaceState(state, title, next);
    else page.push.call(history, state, title, next);
  };
}

function lookedFrom(url) {
  if (!page.atlas) return url;
  if (page.at) url.searchParams.set("at", page.at);
  else url.searchParams.delete("at");
  return url;
}

function pageOf(url) {
  LOOK.forEach((name) => url.searchParams.delete(name));
  return url.searchParams.toString();
}

export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  const host = (root.host ??= { turn: 0 });
  host.look = (asked) => setStateValue("asked", asked);
  host.act = (deed) => setTriggerValue("deed", { ...deed, generation: host.generation });
  host.seen = (view) => {
    page.at = view?.map((value) => Number(value.toPrecision(5))).join(",");
    history.replaceState(history.state, "", lookedFrom(new URL(location.href)));
  };
  const turn = ++host.turn;
  sceneFrom(data)
    .then((scene) => {
      if (turn !== host.turn) return;
      if (!host.atlas) {
        const { at, look, theme } = scene;
        const acts = {
          look: (asked) => host.look(asked),
          act: (deed) => host.act(deed),
          seen: (view) => host.seen(view),
        };
        page.at = at?.join(",");
        host.atlas = page.atlas = createAtlas(root, { ...acts, at, asked: look, theme });
        if (page.over) page.over(host.atlas);
      }
      host.generation = scene.generation;
      host.atlas.scene(scene);
    })
    .catch((error) => {
      console.error(error);
      root.textContent = `The map could not be drawn (${error.message}). Search still works.`;
    });
  return () => {
    host.atlas?.stop();
    if (page.atlas === host.atlas) page.atlas = null;
    host.atlas = null;
  };
}
