import uPlot from 'uplot';
import type { TrafficSnapshot } from '../snapshot.js';
import { rate, time } from './words.js';

const HEIGHT = 240;
const NARROW_HEIGHT = 200;
const NARROW = 560;

/** Requests against backend calls, a point a second. What lies between the two lines was saved. */
export class TrafficChart {
  private plot: uPlot | undefined;
  private data: uPlot.AlignedData = [[], [], []];

  /** @param colours elements that have the lines' colours as their text's */
  constructor(
    private readonly place: HTMLElement,
    private readonly colours: { readonly requests: Element; readonly calls: Element },
  ) {
    let width = 0;
    new ResizeObserver(() => {
      if (place.clientWidth === width) return;
      width = place.clientWidth;
      this.draw();
    }).observe(place);
  }

  show({ history: { until, requests, backendCalls } }: TrafficSnapshot): void {
    const seconds = requests.map(
      (_, index) => Math.round(until / 1_000) - requests.length + index + 1,
    );
    this.data = [seconds, [...requests], [...backendCalls]];
    if (this.plot) this.plot.setData(this.data);
    else this.draw();
  }

  /** Draws it anew: the colours or the room may have changed. */
  draw(): void {
    this.plot?.destroy();
    this.plot = undefined;
    const width = this.place.clientWidth;
    if (width > 0) this.plot = new uPlot(this.options(width), this.data, this.place);
  }

  private options(width: number): uPlot.Options {
    const requests = colourOf(this.colours.requests);
    const calls = colourOf(this.colours.calls);
    const muted = colourOf(this.place);
    const grid = { stroke: faded(muted, 0.16), width: 1 };
    const axis = {
      stroke: muted,
      grid,
      ticks: { show: false },
      font: '12px system-ui, sans-serif',
    };
    const line = { width: 2, points: { show: false } };
    return {
      width,
      height: width < NARROW ? NARROW_HEIGHT : HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      padding: [10, 30, 0, 0],
      scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(4, most * 1.1)] } },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 28,
          space: 90,
          values: (_, seconds) => seconds.map((second) => time(second * 1_000)),
        },
        { ...axis, size: 48, space: 44, values: (_, values) => values.map(rate) },
      ],
      series: [
        {},
        { ...line, stroke: requests, fill: faded(requests, 0.14), ...smooth() },
        { ...line, stroke: calls, fill: faded(calls, 0.25), ...smooth() },
      ],
    };
  }
}

function smooth(): { readonly paths?: uPlot.Series.PathBuilder } {
  const paths = uPlot.paths.spline?.();
  return paths ? { paths } : {};
}

function colourOf(element: Element): string {
  return getComputedStyle(element).color;
}

/** `rgb(r, g, b)`, as computed colours are, with an alpha. */
function faded(colour: string, alpha: number): string {
  return colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
}
