// Keeps the output of a cell in view while it grows, until the reader does anything.
// Shift+Enter has moved on to the next cell by then, and this one may be out of sight.
(() => {
  const script = document.currentScript;
  const output = script?.closest(".jp-Cell-outputWrapper, .output_container, .cell");
  if (!output) return;
  const show = () => {
    const seen = output.getBoundingClientRect();
    const fits = seen.height < window.innerHeight * 0.8;
    output.scrollIntoView({ block: fits ? "nearest" : "start" });
  };
  const growing = new ResizeObserver(show);
  const stop = () => growing.disconnect();
  growing.observe(output);
  for (const act of ["wheel", "pointerdown", "keydown"])
    window.addEventListener(act, stop, { once: true, capture: true });
  setTimeout(stop, 20000);
})();
