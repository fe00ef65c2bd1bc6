// What is laid over the map: hits in the colours of their scores, the open paper, a region.

const page = (globalThis.literatureMap ??= { atlas: null, over: null });

function lightHit(event) {
  const hit = event.target.closest?.('[class*="st-key-hit-"]');
  const number = hit?.className.match(/st-key-hit-(\d+)/)?.[1];
  page.atlas?.light(Number(number));
}

export default function ({ data }) {
  page.over = (atlas) => {
    atlas.over(data);
    // A map that has just come shows what the URL says; else it flies where it is led.
    const led = atlas.flight === undefined ? data.flight && !page.at : data.flight !== atlas.flight;
    if (led) atlas.fly(data.goal, data.over.opened);
    atlas.flight = data.flight;
  };
  if (page.atlas) page.over(page.atlas);
  document.addEventListener("pointerover", lightHit);
  document.addEventListener("focusin", lightHit);
  return () => {
    document.removeEventListener("pointerover", lightHit);
    document.removeEventListener("focusin", lightHit);
  };
}
