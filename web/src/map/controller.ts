import { Map, NavigationControl, setWorkerUrl, type LngLatBoundsLike, type MapMouseEvent } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';

import type { Bounds } from '../lib/api-types.ts';
import { pieceFacts, type Selection } from '../lib/selection.ts';
import { text } from '../lib/text.ts';
import type { UrlState } from '../lib/url-state.ts';
import { watchHover } from './hover.ts';
import { LAYER, PIECE_LAYERS, SOURCE } from './ids.ts';
import { addEverything, emptyStyle, showChosen, showContent, showLabels, type Content } from './style.ts';
import { exposeForTests } from './test-window.ts';

setWorkerUrl(workerUrl);

/** CSS pixels. */
const EDGE = 24;
const PANEL_WIDTH = 320;

const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

interface Events {
  onselect: (selection: Selection) => void;
  onmove: (at: NonNullable<UrlState['at']>) => void;
}

/** The one owner of the MapLibre map. Throws if the browser cannot draw it. */
export class MapController {
  readonly #map: Map;
  #content: Content | null = null;
  #labels: GeoJSON.FeatureCollection | null = null;
  #chosen: { area: string | null; piece: number | null } = { area: null, piece: null };

  constructor(container: HTMLElement, at: UrlState['at'], { onselect, onmove }: Events) {
    const map = new Map({
      container,
      style: emptyStyle,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      maxPitch: 0,
      minZoom: 4,
      maxZoom: 16,
      fadeDuration: calm() ? 0 : 200,
      locale: {
        'NavigationControl.ZoomIn': text.map.zoomIn,
        'NavigationControl.ZoomOut': text.map.zoomOut,
        'Map.Title': text.map.label,
      },
      ...(at ? { center: [at.lng, at.lat], zoom: at.zoom } : { center: [10, 51], zoom: 5 }),
    });
    this.#map = map;
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.addControl(new NavigationControl({ showCompass: false }), 'top-left');
    map.on('load', () => {
      watchHover(map);
      this.#draw();
    });
    map.on('click', (event) => onselect(this.#whatIsAt(event)));
    // Only a reader's own movement goes into the address; fitting the region does not.
    map.on('moveend', (event) => {
      if (!event.originalEvent) return;
      const { lat, lng } = map.getCenter();
      onmove({ zoom: map.getZoom(), lat, lng });
    });
    exposeForTests(map);
  }

  show(content: Content): void {
    this.#content = content;
    this.#draw();
  }

  label(labels: GeoJSON.FeatureCollection): void {
    this.#labels = labels;
    this.#draw();
  }

  choose(area: string | null, piece: number | null): void {
    this.#chosen = { area, piece };
    this.#draw();
  }

  /** Shows a place, beside the panel with the numbers if there is one and room for both. */
  goTo([west, south, east, north]: Bounds, how: 'at once' | 'gently', { besidePanel = false } = {}): void {
    const bounds: LngLatBoundsLike = [west, south, east, north];
    const right = besidePanel && this.#map.getContainer().clientWidth > 2 * PANEL_WIDTH ? PANEL_WIDTH : EDGE;
    const padding = { top: EDGE, left: EDGE, bottom: EDGE, right };
    this.#map.fitBounds(bounds, { padding, maxZoom: 12, duration: how === 'at once' || calm() ? 0 : 700 });
  }

  jumpTo({ zoom, lat, lng }: NonNullable<UrlState['at']>): void {
    this.#map.jumpTo({ center: [lng, lat], zoom });
  }

  remove(): void {
    this.#map.remove();
  }

  #draw(): void {
    const map = this.#map;
    // `load` draws what came earlier.
    if (!this.#content || !map.getLayer(LAYER.background)) return;
    if (map.getSource(SOURCE.areas)) showContent(map, this.#content);
    else addEverything(map, this.#content);
    if (this.#labels) showLabels(map, this.#labels);
    showChosen(map, this.#chosen);
  }

  #whatIsAt({ point, lngLat }: MapMouseEvent): Selection {
    const found = this.#map.getSource(SOURCE.areas)
      ? this.#map.queryRenderedFeatures(point, { layers: [...PIECE_LAYERS, LAYER.ground] })
      : [];
    const piece = found.find((each) => each.source === SOURCE.hexes);
    const area = found.find((each) => each.source === SOURCE.areas)?.properties['key'];
    return {
      areaKey: typeof area === 'string' ? area : null,
      piece: piece ? pieceFacts(piece.properties) : null,
      at: { lng: lngLat.lng, lat: lngLat.lat },
    };
  }
}
