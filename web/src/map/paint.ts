import type { ExpressionSpecification, FilterSpecification } from 'maplibre-gl';

import { NO_VALUE_COLOUR, type Palette } from '../lib/palette.ts';

export type Colouring = 'state' | 'value';

const state: ExpressionSpecification = ['get', 'state'];

/** Only what is known to be measured. Any other state, also one we have never heard of, is not. */
export const IS_MEASURED: FilterSpecification = ['in', state, ['literal', ['covered', 'dead']]];
export const IS_NOT_MEASURED: FilterSpecification = ['!', IS_MEASURED as ExpressionSpecification];
export const IS_DEAD: FilterSpecification = ['==', state, 'dead'];

/** Fill of a piece. The fallback is the ground of "not measured", never a colour with a meaning. */
export function fillColour({ states, value }: Palette, colouring: Colouring): ExpressionSpecification {
  const covered: ExpressionSpecification | string = colouring === 'state' ? states.covered.colour : byValue(value);
  return ['match', state, 'covered', covered, 'dead', states.dead.colour, states.not_measured.colour];
}

function byValue({ property, breaks, colours }: Palette['value']): ExpressionSpecification {
  const steps = breaks.flatMap((border, i) => [border, colours[i + 1]!]);
  const step = ['step', ['get', property], colours[0]!, ...steps] as unknown as ExpressionSpecification;
  return ['case', ['==', ['typeof', ['get', property]], 'number'], step, NO_VALUE_COLOUR];
}
