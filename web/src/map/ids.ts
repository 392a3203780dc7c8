/** Names of everything on the map. Nothing else spells them. */
export const SOURCE = { hexes: 'hexes', areas: 'areas', labels: 'area-labels' } as const;

/** `source-layer` names inside the vector tiles. */
export const TILE_LAYER = { hexes: 'hexes', areas: 'areas' } as const;

export const LAYER = {
  background: 'background',
  ground: 'areas-ground',
  measured: 'hexes-measured',
  notMeasured: 'hexes-not-measured',
  deadPattern: 'hexes-dead-pattern',
  hexOutline: 'hexes-outline',
  hexChosen: 'hexes-chosen',
  hexHover: 'hexes-hover',
  municipality: 'areas-municipality',
  district: 'areas-district',
  state: 'areas-state',
  areaHover: 'areas-hover',
  areaChosen: 'areas-chosen',
  areaLabel: 'areas-label',
} as const;

/** Layers that answer a click with a piece of ground. */
export const PIECE_LAYERS = [LAYER.measured, LAYER.notMeasured];

export const IMAGE = { notMeasured: 'pattern-not-measured', dead: 'pattern-dead' } as const;
