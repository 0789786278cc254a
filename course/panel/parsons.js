// Lines of code to be put in order: dragged, or moved by keys and buttons.
function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "outage-card outage-parsons";
  root.innerHTML = `
    <div class="outage-kicker">Put in order</div>
    <div class="outage-question"></div>
    <p class="outage-how">Drag the lines, or choose one and press
      <kbd>Alt</kbd>+<kbd>↑</kbd> or <kbd>Alt</kbd>+<kbd>↓</kbd>.</p>
    <ol class="outage-lines"></ol>
    <button type="button" class="jupyter-button mod-primary">Check the order</button>
    <div class="outage-message" role="status"></div>`;
  el.appendChild(root);
  const list = root.querySelector("ol");
  root.querySelector(".outage-question").textContent = model.get("task");
  root.querySelector("button").onclick = () => model.send({ check: true });

  const move = (from, to, focused = true) => {
    const order = [...model.get("order")];
    if (to < 0 || to >= order.length || from === to) return;
    order.splice(to, 0, ...order.splice(from, 1));
    model.set("order", order);
    model.save_changes();
    if (focused) list.children[to].focus();
  };

  let dragged = null;
  const item = (text, place) => {
    const line = document.createElement("li");
    line.tabIndex = 0;
    line.draggable = true;
    line.setAttribute("aria-keyshortcuts", "Alt+ArrowUp Alt+ArrowDown");
    const code = document.createElement("code");
    code.textContent = text;
    line.append(code);
    for (const [sign, name, by] of [["↑", "up", -1], ["↓", "down", 1]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.tabIndex = -1; // the keys do the same, on the line itself
      button.textContent = sign;
      button.setAttribute("aria-label", `Move ${name}: ${text.trim()}`);
      button.onclick = () => move(place, place + by);
      line.append(button);
    }
    line.onkeydown = (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation(); // the notebook would go to the next cell
      if (event.altKey) move(place, place + by);
      else list.children[place + by]?.focus();
    };
    line.ondragstart = (event) => {
      dragged = place;
      event.dataTransfer.setData("text/plain", text);
      event.stopPropagation(); // the notebook would drag the cell
    };
    line.ondragover = (event) => {
      if (dragged === null) return;
      event.preventDefault();
      event.stopPropagation();
    };
    line.ondrop = (event) => {
      event.preventDefault();
      event.stopPropagation();
      if (dragged !== null) move(dragged, place);
      dragged = null;
    };
    line.ondragend = () => (dragged = null);
    return line;
  };

  const draw = () => {
    const lines = model.get("lines");
    list.replaceChildren(...model.get("order").map((n, place) => item(lines[n], place)));
  };
  const tell = () => {
    root.querySelector(".outage-message").textContent = model.get("message");
  };
  model.on("change:order", draw);
  model.on("change:message", tell);
  draw();
  tell();
}

export default { render };
