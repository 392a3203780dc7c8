import type { LegendAnswer, State, Track } from './api-types.ts';
import { text } from './text.ts';

/** Colours differ in lightness as well as in hue, and every state but one also has a pattern. */
const DEFAULTS: Record<State, { colour: string; pattern: Pattern }> = {
  covered: { colour: '#4a90bd', pattern: 'solid' },
  dead: { colour: '#b8412b', pattern: 'cross' },
  not_measured: { colour: '#ffffff', pattern: 'hatch' },
};
/** Weak to strong. Pieces without service keep the colour of `dead` in this view. */
const RAMP = ['#c3dcea', '#8dbfdb', '#5597c2', '#2c6a99', '#0f3b5f'];
/** Covered, but the release gives no value for it. */
export const NO_VALUE_COLOUR = '#cbc5b4';
const SIGNAL_BREAKS_DBM = [-111, -95, -85];
const DOWNLOAD_BREAKS_MBPS = [15, 30, 100, 200];

export type Pattern = 'solid' | 'cross' | 'hatch';

export interface StateStyle {
  state: State;
  label: string;
  colour: string;
  pattern: Pattern;
}

export interface Palette {
  states: Record<State, StateStyle>;
  value: ValueScale;
}

export interface ValueScale {
  /** Property of a tile feature. */
  property: 'signal_dbm' | 'download_mbps';
  unit: string;
  /** Ascending class borders, and one colour more than there are borders. */
  breaks: number[];
  colours: string[];
}

/** The server's legend, completed; it can never make an unmeasured piece look like a measured one. */
export function palette(track: Track, legend: LegendAnswer | null): Palette {
  const style = (state: State): StateStyle => {
    const given = legend?.states.find((each) => each.state === state);
    return {
      state,
      label: given?.label_de ?? text.states[track][state],
      colour: given && isColour(given.colour) ? given.colour.toLowerCase() : DEFAULTS[state].colour,
      pattern: DEFAULTS[state].pattern,
    };
  };
  const states = { covered: style('covered'), dead: style('dead'), not_measured: style('not_measured') };
  if ([states.covered.colour, states.dead.colour].includes(states.not_measured.colour)) {
    states.not_measured.colour = DEFAULTS.not_measured.colour;
  }
  const breaks =
    track === 'mobile'
      ? (legend?.signal_breaks ?? SIGNAL_BREAKS_DBM)
      : (legend?.download_breaks ?? DOWNLOAD_BREAKS_MBPS);
  const usable = ascending(breaks) ? breaks : track === 'mobile' ? SIGNAL_BREAKS_DBM : DOWNLOAD_BREAKS_MBPS;
  return {
    states,
    value: {
      property: track === 'mobile' ? 'signal_dbm' : 'download_mbps',
      unit: track === 'mobile' ? 'dBm' : 'Mbit/s',
      breaks: usable,
      colours: spread(usable.length + 1),
    },
  };
}

/** Label of each class, weakest first: `unter −111`, `−111 bis −95`, `ab −85`. */
export function classLabels({ breaks }: ValueScale): string[] {
  const number = (value: number) => String(value).replace('-', '−').replace('.', ',');
  const first = breaks[0];
  const last = breaks.at(-1);
  if (first === undefined || last === undefined) return [text.legend.allValues];
  const between = breaks.slice(1).map((high, i) => text.legend.between(number(breaks[i]!), number(high)));
  return [text.legend.below(number(first)), ...between, text.legend.from(number(last))];
}

/** `count` colours of the ramp, evenly spread and always with both ends. */
function spread(count: number): string[] {
  if (count <= 1) return [RAMP[2]!];
  return Array.from({ length: count }, (_, i) => RAMP[Math.round((i * (RAMP.length - 1)) / (count - 1))]!);
}

const ascending = (values: number[]) =>
  values.length > 0 && values.every((value, i) => i === 0 || value > values[i - 1]!);
const isColour = (colour: string) => /^#[0-9a-f]{6}$/i.test(colour);
