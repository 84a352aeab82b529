// Ratios: a line of text for each row or variant, a dot and a bar for each estimate.
"use strict";

const NARROW = 560; // px: below, a line's words stand above its dots
const LETTER = 6.5; // px, about

// Whether the words have no room on the left.
function isNarrow(lines, width) {
  return width < NARROW || Math.max(...lines.map(line => line.length)) * LETTER > width * 0.4;
}

const TALL = 800; // px: above, the axis is drawn at the top too

// Behind every second line; so it is seen which dots are a line's.
const bands = {
  id: "bands",
  beforeDraw(chart) {
    const {ctx, chartArea: area, scales: {y}} = chart;
    ctx.save();
    ctx.fillStyle = ink("band");
    for (let line = 0; line <= y.max; line += 2) {
      const top = y.getPixelForValue(line - 0.5), bottom = y.getPixelForValue(line + 0.5);
      ctx.fillRect(area.left, top, area.width, bottom - top);
    }
    ctx.restore();
  },
};

// `estimates`: [{y, estimate, what}] of one variant, as a bar with a dot on it each.
function dotsOf(variant, estimates) {
  const look = pointOf(variant);
  const points = [], radius = [], style = [], turn = [];
  for (const {y, estimate, what} of estimates) {
    const [value, low, high] = estimate;
    const ends = low === null ? [value] : [low, value, high];
    for (const [place, x] of ends.entries()) {
      const end = ends.length > 1 && place !== 1;
      points.push({x, y, what, estimate});
      radius.push(end ? 3.5 : look.pointRadius);
      style.push(end ? "line" : look.pointStyle);
      turn.push(end ? 90 : 0);
    }
    points.push({x: NaN, y: NaN});
    radius.push(0);
    style.push("line");
    turn.push(0);
  }
  return {
    ...look, label: variant.name, data: points, showLine: true, borderWidth: 2,
    pointRadius: radius, pointHoverRadius: radius, pointStyle: style, pointRotation: turn,
  };
}

// What Chart.js draws: `lines` are the words on the left, `sets` come from dotsOf.
function dotChart(lines, sets, title, width, band) {
  const drawn = sets.flatMap(set => set.data).filter(point => point.estimate);
  if (!drawn.length) return null;
  const narrow = isNarrow(lines, width);
  const values = [1];
  for (const {estimate: [value, low, high]} of drawn) {
    values.push(value);
    // A bar that is far longer than what is known is cut at the edge.
    if (low !== null) values.push(Math.max(low, value / 3), Math.min(high, value * 3));
  }
  const step = narrow ? band + 16 : band;
  const x = logAxis(values, title, {strong: 1, room: Math.max(3, Math.floor(width / 75))});
  const height = lines.length * step + 60;
  const top = {...x, axis: "x", position: "top", grid: {display: false}};
  return {
    type: "scatter", data: {datasets: sets}, plugins: [bands], height,
    options: {
      interaction: {mode: "nearest", axis: "xy", intersect: true},
      scales: {
        x,
        ...(height > TALL ? {top} : {}),
        y: {
          type: "linear", reverse: true, min: -0.5, max: lines.length - 0.5,
          afterBuildTicks: axis => { axis.ticks = lines.map((_, value) => ({value})); },
          grid: {display: false, drawBorder: false},
          ticks: {
            autoSkip: false, callback: value => lines[value], mirror: narrow, z: 1,
            labelOffset: narrow ? 11 - step / 2 : 0, padding: narrow ? -4 : 6,
            showLabelBackdrop: narrow, backdropColor: ink("card"), backdropPadding: 1,
          },
        },
      },
      plugins: {
        tooltip: {
          filter: item => Boolean(item.raw.estimate),
          callbacks: {
            title: items => items[0]?.raw.what ?? "",
            label: item => `${item.dataset.label}: ${withInterval(item.raw.estimate)}`,
          },
        },
      },
    },
  };
}

// All rows of a group, the shown variants side by side within each.
makers.ratios = (index, width) => {
  const group = data.ratios[index];
  const rows = group.rows.map(row => data.rows[row]);
  const variants = shown().filter(one => data.variants[one].name !== data.base);
  const gap = Math.min(0.8 / Math.max(variants.length, 1), 0.3);
  // In a narrow chart the upper part of a band is taken by its words.
  const lines = rows.map(row => (group.title ? row.params : row.title));
  const middle = isNarrow(lines, width) ? 0.12 : 0;
  const sets = variants.map((variant, place) => dotsOf(
    data.variants[variant],
    rows.flatMap((row, y) => row.cells
      .filter(cell => cell.variant === variant && cell.ratio)
      .map(cell => ({
        y: y + middle + (place - (variants.length - 1) / 2) * gap * (1 - middle),
        estimate: cell.ratio, what: `${row.title}: ${row.load}`,
      }))),
  ));
  return dotChart(lines, sets, "", width, Math.max(30, 13 * variants.length + 8));
};
