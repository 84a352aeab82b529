// Curves: latencies of a load, speed by threads, the size classes.
"use strict";

function legendBelow() {
  const labels = {usePointStyle: true, boxHeight: 7, padding: 14};
  return {display: true, position: "bottom", labels};
}

function curves(labels, sets, y, unit, height = 340) {
  return {
    type: "line", height, data: {labels, datasets: sets},
    options: {
      interaction: {mode: "nearest", intersect: false},
      scales: {
        x: {title: {display: false}, ticks: {color: ink("soft")}, offset: true,
          grid: {color: ink("line")}},
        y,
      },
      plugins: {
        legend: legendBelow(),
        tooltip: {callbacks: {
          label: item => `${item.dataset.label}: ${number(item.parsed.y)} ${unit}`,
        }},
      },
    },
  };
}

makers["load-latency"] = () => {
  const cells = chosenCells().filter(cell => cell.latency);
  if (!cells.length) return null;
  const sets = cells.map(cell => ({
    ...pointOf(data.variants[cell.variant]), label: data.variants[cell.variant].name,
    data: cell.latency,
  }));
  const values = cells.flatMap(cell => cell.latency).filter(value => value);
  return curves(["p50", "p99", "p99.9", "max"], sets, logAxis(values, "ns", {room: 7}), "ns");
};

makers.scaling = index => {
  const group = data.scaling[index];
  const sets = shown().flatMap(variant => {
    const speeds = group.rows.map(row => data.rows[row].cells
      .find(cell => cell.variant === variant)?.value[0] ?? null);
    return speeds.some(speed => speed !== null) ? [{
      ...pointOf(data.variants[variant]), label: data.variants[variant].name, data: speeds,
    }] : [];
  });
  if (!sets.length) return null;
  return curves(group.threads.map(n => `${n} thread${n > 1 ? "s" : ""}`), sets, {
    beginAtZero: true, title: {display: true, text: data.measure.unit, color: ink("soft")},
    ticks: {color: ink("soft")}, grid: {color: ink("line")},
  }, data.measure.unit);
};

// 16, 64, 256 and so on from `low` to `high`.
function powersOfTwo(low, high) {
  const ticks = [];
  for (let tick = 16; tick <= high; tick *= 4) if (tick >= low) ticks.push(tick);
  return ticks;
}

// Requests below this, bytes, are left out: of blocks of 16 they leave most unused.
const LEAST = 16;

makers.classes = (index, width) => {
  const classes = data.classes[index].classes
    .map(([low, high, block]) => ({low: Math.max(low, LEAST), high, block}))
    .filter(({low, high}) => high > low);
  if (!classes.length) return null;
  const waste = (size, block) => 100 * (1 - size / block);
  const blue = "#2f6fed", orange = "#d9601a";
  const at = (one, size) => ({x: size, y: waste(size, one.block), one});
  const sizes = classes.flatMap(one => [one.low, one.high]);
  return {
    type: "scatter", height: 320,
    data: {datasets: [
      {label: "worst", data: classes.map(one => at(one, one.low)), showLine: true,
        borderColor: orange, borderWidth: 2, pointRadius: 0, pointStyle: "line"},
      {label: "mean", data: classes.map(one => ({...at(one, (one.low + one.high) / 2)})),
        showLine: true, borderColor: blue, borderWidth: 2, pointRadius: 0, pointStyle: "line"},
      {label: "every request", data: classes.flatMap(one => [at(one, one.low), at(one, one.high)]),
        showLine: true, borderColor: `${blue}66`, backgroundColor: `${blue}22`, fill: "origin",
        borderWidth: 1, pointRadius: 0, pointStyle: "rect"},
    ]},
    options: {
      interaction: {mode: "nearest", axis: "x", intersect: false},
      scales: {
        x: logAxis(sizes, "bytes asked for", {
          room: Math.floor(width / 60), ticks: powersOfTwo,
          format: value => (value >= 1024 ? `${plain(value / 1024)} KiB` : plain(value)),
        }),
        y: {min: 0, title: {display: true, text: "% of the block", color: ink("soft")},
          ticks: {color: ink("soft")}, grid: {color: ink("line")}},
      },
      plugins: {
        legend: legendBelow(),
        tooltip: {
          filter: item => item.datasetIndex === 0,
          callbacks: {
            title: items => {
              const one = items[0]?.raw.one;
              return one ? `${one.low} to ${one.high} B take ${one.block} B` : "";
            },
            label: ({raw: {one}}) => `unused: ${number(waste(one.low, one.block))} % at worst, `
              + `${number(waste((one.low + one.high) / 2, one.block))} % on average`,
          },
        },
      },
    },
  };
};
