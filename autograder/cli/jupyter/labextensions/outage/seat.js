/* JupyterLab as the learner's seat: tabs tell a lesson from an exercise, the next part
 * ends the kernel of the last one, and the front page is up to date when it is shown.
 *
 * A prebuilt extension that needs no bundler. JupyterLab loads this file and takes the
 * plugin from the container that it leaves in _JUPYTERLAB. */
(() => {
  const FRONT_PAGE = "work/course/notebooks/00_start.ipynb";
  const PART = /^work\/(course\/notebooks|exercises\/\w+)\/(\d\d)_\w+\.ipynb$/;

  /** Return the kind and the rank of the part of the course at `path`; no rank if it is
   * none. */
  function partAt(path) {
    if (path === FRONT_PAGE) return { kind: "front" };
    const [, folder, number] = PART.exec(path) ?? [];
    if (!folder) return { kind: "" };
    const isExercise = folder.startsWith("exercises");
    return {
      kind: isExercise ? "exercise" : "lesson",
      rank: 2 * Number(number) + Number(isExercise),
    };
  }

  /** Mark the tab with the kind of its part, which custom.css shows.
   *
   * Not in the tab's label: JupyterLab takes a new label for a new name, and renames the
   * file. */
  function markTheTab(panel, context) {
    const { kind } = partAt(context.path);
    panel.title.dataset = { ...panel.title.dataset, outage: kind };
  }

  /** End the idle kernels of all parts before the one at `path`.
   *
   * A notebook in view keeps its kernel, and so does one that cannot be saved: outputs
   * are on disk before their kernel ends. */
  async function endEarlierKernels(app, path) {
    const { sessions } = app.serviceManager;
    const { rank } = partAt(path);
    await sessions.refreshRunning();
    for (const session of [...sessions.running()]) {
      if (!(partAt(session.path).rank < rank)) continue;
      const panels = [...app.shell.widgets("main")].filter(
        (widget) => widget.context?.path === session.path,
      );
      if (panels.some((panel) => panel.isVisible)) continue;
      const context = panels[0]?.context;
      if (context?.model.dirty) await context.save();
      const kernel = context?.sessionContext.session?.kernel;
      const status = kernel ? kernel.status : session.kernel?.execution_state;
      if (status === "idle" && !context?.model.dirty)
        await sessions.shutdown(session.id);
    }
  }

  function activate(app) {
    app.docRegistry.addWidgetExtension("Notebook", {
      createNew(panel, context) {
        markTheTab(panel, context);
        context.pathChanged.connect(() => markTheTab(panel, context));
        if (context.path === FRONT_PAGE) {
          panel.addClass("outage-front-page");
          panel.toolbar.hide();
          // The server keeps it up to date, so it needs no kernel.
          const { sessionContext } = context;
          sessionContext.kernelPreference = {
            ...sessionContext.kernelPreference,
            shouldStart: false,
          };
        } else if (partAt(context.path).rank) {
          Promise.all([context.ready, app.restored])
            .then(() => endEarlierKernels(app, context.path))
            .catch((error) => console.warn("Kernels of earlier parts:", error));
        }
      },
    });
    app.shell.currentChanged?.connect((_, { newValue }) => {
      const context = newValue?.context;
      if (context?.path === FRONT_PAGE && context.isReady && !context.model.dirty)
        void context.revert();
    });
  }

  const plugin = { id: "outage:seat", autoStart: true, activate };
  window._JUPYTERLAB = window._JUPYTERLAB ?? {};
  window._JUPYTERLAB.outage = {
    init: () => undefined,
    get: () => Promise.resolve(() => ({ __esModule: true, default: plugin })),
  };
})();
