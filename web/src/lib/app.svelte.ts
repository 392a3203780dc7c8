import * as api from './api.ts';
import { ApiError } from './api.ts';
import type { Area, LegendAnswer, Problem, Ranking, Region, Release, ReleaseHead } from './api-types.ts';
import { hasValues, nearestLayer, trackOf, type LayerParts, parseLayer } from './layers.ts';
import { palette } from './palette.ts';
import type { Selection } from './selection.ts';
import { text } from './text.ts';
import { readHash, writeHash, type UrlState } from './url-state.ts';

const NOTHING: Selection = { areaKey: null, piece: null, at: null };

/** Everything the page knows. Components read it; only its methods change it. */
export class App {
  page = $state<UrlState['page']>('map');
  regions = $state.raw<Region[] | null>(null);
  regionId = $state<string | null>(null);
  releases = $state.raw<ReleaseHead[] | null>(null);
  release = $state.raw<Release | null>(null);
  layer = $state<string | null>(null);
  legend = $state.raw<LegendAnswer | null>(null);
  areas = $state.raw<Area[]>([]);
  ranking = $state.raw<Ranking | null>(null);
  colouring = $state<UrlState['colouring']>('state');
  selection = $state.raw<Selection>(NOTHING);
  problem = $state.raw<Problem | null>(null);
  pending = $state(0);
  /** Said aloud by screen readers. */
  announcement = $state('');
  /** Where the reader moved the map; the map itself is not told. */
  at: UrlState['at'];
  /** Where an address that was put in by hand wants the map to be. */
  jump = $state.raw<UrlState['at']>();

  region = $derived(this.regions?.find((each) => each.id === this.regionId) ?? null);
  track = $derived(trackOf(this.layer ?? 'mobile-00000-any'));
  palette = $derived(palette(this.track, this.legend));
  /** As chosen, where the layer has what it takes. */
  shownColouring = $derived(hasValues(this.layer ?? '') ? this.colouring : 'state');
  simulated = $derived(this.release?.simulated ?? this.releases?.some((each) => each.simulated) ?? false);
  /** Loaded, and there is nothing to show. */
  empty = $derived<'region' | 'release' | null>(
    this.regions?.length === 0 ? 'region' : this.releases?.length === 0 ? 'release' : null,
  );

  #running = new AbortController();
  #wish: Partial<LayerParts> = {};

  async start(): Promise<void> {
    const wanted = readHash(location.hash);
    this.page = wanted.page;
    this.colouring = wanted.colouring;
    this.at = wanted.at;
    this.#wish = parseLayer(wanted.layer ?? '') ?? {};
    if (wanted.area) this.selection = { ...NOTHING, areaKey: wanted.area };
    await this.#load(async (signal) => {
      this.regions = await api.regions(signal);
      this.regionId = this.regions.find((each) => each.id === wanted.region)?.id ?? this.regions[0]?.id ?? null;
      await this.#loadReleases(signal, wanted.release);
    });
  }

  /** The address was changed by hand or by the back button. */
  async follow(): Promise<void> {
    const wanted = readHash(location.hash);
    this.page = wanted.page;
    if (wanted.page === 'map' && location.hash.includes('?') && writeHash(this.#urlState()) !== location.hash) {
      await this.start();
      this.jump = wanted.at;
    }
  }

  chooseRegion(id: string): Promise<void> {
    this.regionId = id;
    this.selection = NOTHING;
    this.at = undefined;
    return this.#load((signal) => this.#loadReleases(signal));
  }

  chooseRelease(id: string): Promise<void> {
    return this.#load((signal) => this.#loadRelease(signal, id));
  }

  chooseLayer(wish: Partial<LayerParts>): Promise<void> {
    this.#wish = { ...this.#wish, ...wish };
    return this.#load((signal) => this.#loadLayer(signal));
  }

  chooseColouring(colouring: UrlState['colouring']): void {
    this.colouring = colouring;
    this.remember();
  }

  select(selection: Selection): void {
    this.selection = selection;
    const name = this.areas.find((each) => each.key === selection.areaKey)?.name;
    if (name) this.announcement = text.table.chosen(name);
    this.remember();
  }

  deselect(): void {
    this.select(NOTHING);
  }

  moved(at: NonNullable<UrlState['at']>): void {
    this.at = at;
    this.remember();
  }

  retry(): Promise<void> {
    return this.start();
  }

  /** Writes the present state into the address, so that it can be shared. */
  remember(): void {
    if (this.regionId && this.page === 'map') history.replaceState(null, '', writeHash(this.#urlState()));
  }

  hashFor(page: UrlState['page']): string {
    return writeHash({ ...this.#urlState(), page });
  }

  #urlState(): UrlState {
    return {
      page: this.page,
      colouring: this.colouring,
      ...(this.regionId && { region: this.regionId }),
      ...(this.release && { release: this.release.id }),
      ...(this.layer && { layer: this.layer }),
      ...(this.selection.areaKey && { area: this.selection.areaKey }),
      ...(this.at && { at: this.at }),
    };
  }

  async #loadReleases(signal: AbortSignal, wanted?: string): Promise<void> {
    this.releases = null;
    this.release = null;
    this.ranking = null;
    this.areas = [];
    if (!this.regionId) return;
    const releases = await api.releases(this.regionId, signal);
    this.releases = releases;
    const first = releases.find((each) => each.id === wanted) ?? releases[0];
    if (first) await this.#loadRelease(signal, first.id);
  }

  async #loadRelease(signal: AbortSignal, id: string): Promise<void> {
    const release = await api.release(id, signal);
    this.release = release;
    this.ranking = null;
    await this.#loadLayer(signal);
  }

  async #loadLayer(signal: AbortSignal): Promise<void> {
    const { release, regionId } = this;
    const layer = release && nearestLayer(release.layers, this.#wish);
    if (!release || !regionId || !layer) return;
    this.layer = layer;
    this.#wish = { ...this.#wish, ...dropNulls(parseLayer(layer)!) };
    // Numbers of another layer must not stay beside the new name.
    if (this.selection.piece) this.selection = { ...this.selection, piece: null, at: null };
    const track = trackOf(layer);
    const same = this.ranking?.track === track && this.ranking.release === release.id;
    if (!same) this.ranking = null;
    const [legend, areas, ranking] = await Promise.all([
      api.legend(release.id, layer, signal),
      api.areas(regionId, release.id, layer, signal),
      same ? this.ranking : api.ranking(regionId, track, release.id, signal),
    ]);
    this.legend = legend;
    this.areas = areas;
    this.ranking = ranking;
  }

  /** One load at a time: a newer wish ends the older one. */
  async #load(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#running.abort();
    const running = (this.#running = new AbortController());
    this.pending += 1;
    this.problem = null;
    try {
      await work(running.signal);
      this.remember();
    } catch (cause) {
      if (running.signal.aborted) return;
      if (!(cause instanceof ApiError)) throw cause;
      this.problem = cause.problem;
    } finally {
      this.pending -= 1;
    }
  }
}

const dropNulls = ({ track, operator, view }: LayerParts): Partial<LayerParts> => ({
  track,
  ...(operator && { operator }),
  ...(view && { view }),
});
