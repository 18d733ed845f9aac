import { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { type IShape, SHAPES, type ShapeName } from './shapes.js';

const SVG = 'http://www.w3.org/2000/svg';

/** Attributes of one shape; `currentColor` is the colour that the style sheet gives to the icon. */
function attributes(shape: IShape): Record<string, string> {
  if (shape.ground) {
    return { d: shape.d, class: 'cellar-ground' };
  }
  return {
    d: shape.d,
    ...(shape.fill ? { fill: 'currentColor', stroke: 'none' } : {}),
    ...(shape.dashed ? { 'stroke-dasharray': '2 2' } : {})
  };
}

/** An icon as an element, for what is drawn without React. It is decoration: the word beside it says the same. */
export function iconElement(name: ShapeName, className = ''): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', `cellar-Icon ${className}`.trim());
  svg.setAttribute('aria-hidden', 'true');
  svg.append(
    ...SHAPES[name].map(shape => {
      const path = document.createElementNS(SVG, 'path');
      for (const [key, value] of Object.entries(attributes(shape))) {
        path.setAttribute(key, value);
      }
      return path;
    })
  );
  return svg;
}

/** An icon as a React element. */
export function Icon(props: { readonly name: ShapeName; readonly className?: string }): React.JSX.Element {
  return (
    <svg viewBox="0 0 16 16" className={`cellar-Icon ${props.className ?? ''}`.trim()} aria-hidden="true">
      {SHAPES[props.name].map((shape: IShape) => (
        <path
          key={shape.d}
          d={shape.d}
          className={shape.ground ? 'cellar-ground' : undefined}
          fill={shape.fill ? 'currentColor' : undefined}
          stroke={shape.fill ? 'none' : undefined}
          strokeDasharray={shape.dashed ? '2 2' : undefined}
        />
      ))}
    </svg>
  );
}

/** The same shapes as an icon of Lab, recoloured by the theme. */
function labIcon(name: ShapeName): LabIcon {
  const paths = SHAPES[name].map((shape: IShape) =>
    shape.fill
      ? `<path class="jp-icon3" fill="#616161" stroke="none" d="${shape.d}"/>`
      : `<path class="jp-icon3" stroke="#616161" d="${shape.d}"/>`
  );
  const svgstr = `<svg xmlns="${SVG}" width="16" viewBox="0 0 16 16"><g class="cellar-LabIcon" fill="none" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">${paths.join('')}</g></svg>`;
  return new LabIcon({ name: `cellar:${name}`, svgstr });
}

export const cellarIcon = labIcon('cellar');
export const reproduceIcon = labIcon('reproduce');
export const tagIcon = labIcon('tag');
export const stopIcon = labIcon('stop');
