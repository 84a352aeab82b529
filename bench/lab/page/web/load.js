// One load: ratios of all variants shown, speed against memory, latencies.
"use strict";

const pick = document.querySelector("#load select");
const ofLoad = ["load-ratio", "load-memory", "load-latency"];

// Below 0 if estimate a is better than b.
function faster(a, b) {
  return data.measure.more ? b[0] - a[0] : a[0] - b[0];
}

function chosenCells() {
  const variants = shown();
  return (data.rows[pick.value]?.cells ?? []).filter(cell => variants.includes(cell.variant));
}

function chooseLoad() {
  document.querySelector("#load .what").textContent = data.rows[pick.value]?.load ?? "";
  document.querySelector("#load .its-table").href = `#row-${pick.value}`;
  drawAgain(ofLoad);
}

pick.addEventListener("change", chooseLoad);
for (const button of document.querySelectorAll("#load [data-step]")) {
  button.addEventListener("click", () => {
    const count = pick.options.length;
    pick.selectedIndex = (pick.selectedIndex + Number(button.dataset.step) + count) % count;
    chooseLoad();
  });
}
document.addEventListener("DOMContentLoaded", chooseLoad);

makers["load-ratio"] = (_, width) => {
  const cells = chosenCells().filter(cell => cell.ratio)
    .sort((a, b) => faster(a.ratio, b.ratio));
  const lines = cells.map(cell => data.variants[cell.variant].name);
  const sets = cells.map((cell, y) => dotsOf(
    data.variants[cell.variant], [{y, estimate: cell.ratio, what: data.rows[pick.value].load}]));
  return dotChart(lines, sets, "", width, Math.max(26, Math.min(44, 260 / lines.length)));
};

// Names beside the points: first those of `first`; a name that would cover another one is left out.
const names = {
  id: "names",
  afterDatasetsDraw(chart, _args, {first}) {
    const {ctx, chartArea: area} = chart;
    const taken = [];
    const points = chart.data.datasets.flatMap((set, i) => (set.named
      ? [{name: set.label, at: chart.getDatasetMeta(i).data[0]}] : []));
    for (const {at} of points) taken.push([at.x - 6, at.y - 6, at.x + 6, at.y + 6]);
    points.sort((a, b) => first.includes(b.name) - first.includes(a.name));
    ctx.save();
    ctx.font = `12px ${Chart.defaults.font.family}`;
    ctx.fillStyle = ink("text");
    ctx.textBaseline = "middle";
    for (const {name, at} of points) {
      const wide = ctx.measureText(name).width;
      const beside = [[at.x + 9, at.y], [at.x - 9 - wide, at.y]];
      const above = [at.x - wide / 2, at.y - 14], below = [at.x - wide / 2, at.y + 14];
      // The line of the front leaves its points to the right and downwards.
      const places = first.includes(name) ? [above, [at.x - 9 - wide, at.y], [at.x + 9, at.y - 9]]
        : [...beside, above, below];
      const free = places.find(([x, y]) => x >= area.left && x + wide <= area.right
        && y >= area.top + 6 && y <= area.bottom - 6
        && !taken.some(([l, t, r, b]) => x < r && x + wide > l && y - 7 < b && y + 7 > t));
      if (!free) continue;
      const [x, y] = free;
      ctx.fillText(name, x, y);
      taken.push([x, y - 7, x + wide, y + 7]);
    }
    ctx.restore();
  },
};

// Cells that no other one beats in what the load is about and memory, by rising memory.
function front(cells) {
  let fastest = null;
  return [...cells].sort((a, b) => a.rss - b.rss || faster(a.value, b.value))
    .filter(cell => {
      const better = fastest === null || faster(cell.value, fastest) < 0;
      if (better) fastest = cell.value;
      return better;
    });
}

makers["load-memory"] = (_, width) => {
  const cells = chosenCells().filter(cell => data.variants[cell.variant].family !== "reference");
  if (!cells.length) return null;
  const best = front(cells);
  const point = cell => ({x: cell.rss, y: cell.value[0], estimate: cell.value});
  const room = Math.max(3, Math.floor(width / 80));
  return {
    type: "scatter", plugins: [names], height: 360,
    data: {datasets: [
      ...cells.map(cell => ({
        ...pointOf(data.variants[cell.variant]), label: data.variants[cell.variant].name,
        data: [point(cell)], named: true,
      })),
      {label: "front", data: best.map(point), showLine: true, stepped: "before", pointRadius: 0,
        pointHitRadius: 0, borderColor: ink("strong"), borderDash: [5, 4], borderWidth: 1.5},
    ]},
    options: {
      scales: {
        x: logAxis(cells.map(cell => cell.rss), "peak RSS, MiB", {room, span: 1.5}),
        y: logAxis(cells.map(cell => cell.value[0]), data.measure.axis, {room: 6, span: 1.5}),
      },
      plugins: {
        names: {first: best.map(cell => data.variants[cell.variant].name)},
        tooltip: {
          filter: item => item.dataset.named,
          callbacks: {label: item => `${item.dataset.label}: ${withInterval(item.raw.estimate)} `
            + `${data.measure.unit}, ${number(item.raw.x)} MiB`},
        },
      },
    },
  };
};
