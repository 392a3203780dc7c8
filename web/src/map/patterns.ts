import type { Map } from 'maplibre-gl';

import { IMAGE } from './ids.ts';

/** Edge of a pattern image in device pixels; drawn at half size, so that lines stay sharp. */
const SIZE = 16;

/** Puts the two patterns on the map, or replaces them after a change of colours. */
export function setPatterns(map: Map, notMeasuredGround: string): void {
  // The ground of "not measured" is opaque: nothing below it can tint an unmeasured place.
  put(map, IMAGE.notMeasured, draw(notMeasuredGround, '#b7c1c9', 1.6, 'hatch'));
  put(map, IMAGE.dead, draw(null, 'rgba(70, 12, 4, 0.5)', 1.8, 'cross'));
}

function put(map: Map, name: string, image: ImageData): void {
  if (map.hasImage(name)) map.updateImage(name, image);
  else map.addImage(name, image, { pixelRatio: 2 });
}

function draw(ground: string | null, line: string, width: number, kind: 'hatch' | 'cross'): ImageData {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIZE;
  const pen = canvas.getContext('2d')!;
  if (ground) {
    pen.fillStyle = ground;
    pen.fillRect(0, 0, SIZE, SIZE);
  }
  pen.strokeStyle = line;
  pen.lineWidth = width;
  pen.beginPath();
  // Three strokes each, so that the corners join where the image repeats.
  for (const shift of [-SIZE, 0, SIZE]) {
    pen.moveTo(shift - 2, SIZE + 2);
    pen.lineTo(shift + SIZE + 2, -2);
    if (kind === 'cross') {
      pen.moveTo(shift - 2, -2);
      pen.lineTo(shift + SIZE + 2, SIZE + 2);
    }
  }
  pen.stroke();
  return pen.getImageData(0, 0, SIZE, SIZE);
}
