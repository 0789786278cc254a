// Draws the model's `data` with uPlot, which chart.py puts in front of this file.
const cssValue = (element, name, otherwise) =>
  getComputedStyle(element).getPropertyValue(name).trim() || otherwise;

// Dashes in the legend as well: colours alone do not tell lines apart for everyone.
const borderLike = ([stroke]) => (!stroke ? "solid" : stroke > 3 ? "dashed" : "dotted");

function render({ model, el }) {
  const figure = document.createElement("div");
  figure.className = "outage-chart";
  figure.setAttribute("role", "img");
  el.appendChild(figure);

  const text = () => cssValue(el, "--jp-ui-font-color1", "#333");
  const rule = () => cssValue(el, "--jp-border-color2", "#ddd");
  const axis = () => ({ stroke: text, grid: { stroke: rule, width: 1 }, ticks: { stroke: rule } });
  const width = () => Math.max(320, figure.clientWidth);
  const height = model.get("height");
  // What the legend says of a line: at the cursor, or else the latest.
  const shown = (plot, value, line, index) => {
    const at = index == null ? plot.data[line].at(-1) : value;
    return at == null ? "–" : at.toLocaleString("en", { maximumFractionDigits: 2 });
  };

  const plot = new uPlot(
    {
      title: model.get("title"),
      width: width(),
      height,
      scales: {
        x: { time: false },
        y: { range: (_, low, high) => [0, Math.max(1, high * 1.1)] },
        right: { range: (_, low, high) => [0, Math.max(4, high * 1.4)] },
      },
      axes: [
        { ...axis(), label: "seconds", labelSize: 20, size: 40 },
        axis(),
        { ...axis(), scale: "right", side: 1, grid: { show: false }, incrs: [1, 2, 5, 10, 20] },
      ],
      series: [
        { label: "second", value: shown },
        ...model.get("lines").map((line) => ({
          label: line.label,
          scale: line.right ? "right" : "y",
          stroke: line.colour,
          dash: line.dash,
          width: 2,
          points: { show: false },
          value: shown,
        })),
      ],
      legend: { markers: { dash: (_, line) => borderLike(model.get("lines")[line - 1].dash) } },
      cursor: { drag: { x: false, y: false } },
    },
    model.get("data"),
    figure,
  );

  const redraw = () => {
    plot.setData(model.get("data"));
    if (plot.cursor.left < 0) plot.setLegend({ idx: null });
  };
  const describe = () => figure.setAttribute("aria-label", model.get("alternative"));
  const resize = new ResizeObserver(() => plot.setSize({ width: width(), height }));
  model.on("change:data", redraw);
  model.on("change:alternative", describe);
  describe();
  resize.observe(figure);
  return () => {
    resize.disconnect();
    plot.destroy();
  };
}

export default { render };
