/** What the server answers. Kept by hand until `npm run gen-types` has an OpenAPI file to read. */

export type State = 'covered' | 'dead' | 'not_measured';
export type Track = 'fixed' | 'mobile';
export type SourceClass = 'crowd' | 'survey' | 'reported' | 'simulated';
/** West, south, east, north in degrees. */
export type Bounds = [number, number, number, number];

export interface Interval {
  low: number;
  value: number;
  high: number;
}

export interface Region {
  id: string;
  title: string;
  credits: string[];
}

export interface ReleaseHead {
  id: string;
  region: string;
  /** `campaign:<id>`, `2026-03` or `2026`. */
  window: string;
  source: SourceClass;
  simulated: boolean;
  created_at: string;
}

export interface ReleaseLayer {
  /** `fixed` or `mobile-<operator>-<view>`. */
  layer: string;
  operator?: string | null;
  operator_name?: string | null;
  view?: string | null;
  pieces: number;
  devices_total?: number | null;
}

export interface Release extends ReleaseHead {
  layers: ReleaseLayer[];
}

export interface LegendState {
  state: State;
  label_de: string;
  colour: string;
  pattern?: string | null;
}

export interface LegendAnswer {
  states: LegendState[];
  /** Ascending class borders in dBm. */
  signal_breaks?: number[];
  /** Ascending class borders in Mbit/s. */
  download_breaks?: number[];
}

/** Numbers of one hexagon, remainder or municipality on one layer. */
export interface UnitSummary {
  state: State;
  devices: number;
  attempts: number;
  days?: number | null;
  day_parts?: unknown;
  /** Share of device votes without service (mobile) or below the floor (fixed), 0 to 1. */
  share?: Interval | null;
  n_eff?: number | null;
  grade?: string | null;
  /** Shares of device votes by generation, of the view `any`. */
  served?: { second: number; third: number; fourth: number; fifth: number } | null;
  [measure: string]: unknown;
}

export interface Piece {
  number: number;
  kind: 'hex' | 'remainder';
  resolution: number;
  state: State;
  devices: number;
  attempts: number;
  summary: UnitSummary | null;
}

export interface PiecePage {
  release: string;
  layer: string;
  simulated: boolean;
  items: Piece[];
  next: number | null;
}

/** So many hexagons of an area, and their share of all of it, 0 to 1. */
export interface Counted {
  hexes: number;
  share: number;
}

/** How much of an area a layer measured; the three parts are all of it. */
export interface Reach {
  resolution: number;
  hexes: number;
  measured: Counted;
  /** Only something larger was measured: never shown as measured. */
  coarser: Counted;
  not_measured: Counted;
}

export interface NextRow {
  place: number;
  hex: string;
  centre_lat: number;
  centre_lng: number;
  reason: string;
}

/** Where to measure next. */
export interface NextList {
  simulated: boolean;
  note: string;
  rows: NextRow[];
}

export interface Area {
  key: string;
  level: string;
  name: string;
  parent: string | null;
  inhabitants: number | null;
  state: State;
  summary: UnitSummary | null;
  /** `null` in releases that did not count it. */
  reach?: Reach | null;
  /** Where to send the map; without it the page derives it from the outlines. */
  bbox?: Bounds | null;
}

export interface RankRow {
  /** `null`: listed without a rank, because nothing (or too little) is known. */
  rank: number | null;
  rank_low: number | null;
  rank_high: number | null;
  tie: boolean;
  key: string;
  name: string;
  district: string | null;
  need: number | null;
  need_low: number | null;
  need_high: number | null;
  components: Record<string, number | null>;
  share: Interval | null;
  devices: number;
  attempts: number;
  grade: string | null;
  inhabitants: number | null;
  state: State;
  reason: string;
}

export interface Ranking {
  schema: string;
  region: string;
  track: Track;
  release: string;
  window: string;
  source: SourceClass;
  simulated: boolean;
  /** Whether an authority adopted the weights. */
  profile_adopted?: boolean;
  /** Components without a source: they contribute nothing. */
  missing_components?: string[];
  rows: RankRow[];
}

/** RFC 9457. */
export interface Problem {
  type?: string;
  title: string;
  status?: number;
  detail?: string;
}
