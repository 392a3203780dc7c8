import { createExpression } from '@maplibre/maplibre-gl-style-spec';
import { describe, expect, it } from 'vitest';

import { classLabels, NO_VALUE_COLOUR, palette } from '../src/lib/palette.ts';
import { fillColour, IS_MEASURED, IS_NOT_MEASURED, type Colouring } from '../src/map/paint.ts';

/** What MapLibre makes of an expression for a tile feature. */
function evaluate(expression: unknown, properties: Record<string, unknown>): unknown {
  const parsed = createExpression(expression, 'layers[0].paint.fill-color');
  if (parsed.result === 'error') throw new Error(JSON.stringify(parsed.value));
  return parsed.value.evaluate({ zoom: 9 }, { type: 'Polygon', properties } as never);
}
const fill = (colouring: Colouring, properties: Record<string, unknown>, track: 'mobile' | 'fixed' = 'mobile') =>
  evaluate(fillColour(palette(track, null), colouring), properties);

describe('what is not measured', () => {
  it('never has the colour of covered or dead, whatever the tile or the legend says', () => {
    const rude = {
      states: (['covered', 'dead', 'not_measured'] as const).map((state) => ({
        state,
        label_de: state,
        colour: '#4a90bd',
      })),
    };
    const { states } = palette('mobile', rude);
    expect(states.not_measured.colour).not.toBe(states.covered.colour);
    for (const state of ['not_measured', 'something new', undefined]) {
      for (const colouring of ['state', 'value'] as const) {
        expect(fill(colouring, { state, signal_dbm: -80 })).toBe(palette('mobile', null).states.not_measured.colour);
      }
      expect(evaluate(IS_MEASURED, { state })).toBe(false);
      expect(evaluate(IS_NOT_MEASURED, { state })).toBe(true);
    }
  });
  it('has a pattern of its own', () => {
    const { states } = palette('fixed', null);
    expect(new Set(Object.values(states).map((each) => each.pattern)).size).toBe(3);
  });
});

describe('colours by value', () => {
  it('change exactly at the class borders', () => {
    const { colours, breaks } = palette('mobile', null).value;
    expect(breaks).toEqual([-111, -95, -85]);
    expect([-112, -111, -95, -85].map((signal_dbm) => fill('value', { state: 'covered', signal_dbm }))).toEqual(
      colours,
    );
  });
  it('keep dead pieces dead and show a missing value as missing', () => {
    expect(fill('value', { state: 'dead', signal_dbm: -70 })).toBe(palette('mobile', null).states.dead.colour);
    expect(fill('value', { state: 'covered' })).toBe(NO_VALUE_COLOUR);
  });
  it('take the borders of the server, unless they are not ascending', () => {
    expect(palette('fixed', { states: [], download_breaks: [10, 50] }).value.breaks).toEqual([10, 50]);
    expect(palette('fixed', { states: [], download_breaks: [50, 10] }).value.breaks).toEqual([15, 30, 100, 200]);
  });
  it('have one label each', () => {
    const scale = palette('mobile', null).value;
    expect(classLabels(scale)).toEqual(['unter −111', '−111 bis unter −95', '−95 bis unter −85', 'ab −85']);
    expect(scale.colours).toHaveLength(4);
  });
});
