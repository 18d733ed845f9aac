import { describe, expect, it } from 'vitest';
import { placeCells } from '../stages/layout.js';
import {
  addFile,
  type CellTag,
  dropFile,
  excludeFile,
  readTag,
  restoreFile,
  retag,
  setOutKind
} from '../stages/tags.js';

const stage: CellTag = { role: 'stage', stage: 'train' };

describe('a tag (N1, N2)', () => {
  it('is null when it is absent or malformed, so that the bridge can say so', () => {
    expect(readTag(undefined)).toBeNull();
    expect(readTag({ role: 'boss' })).toBeNull();
    expect(readTag('stage')).toBeNull();
  });

  it('keeps keys that we do not know through every change', () => {
    const tag = readTag({ ...stage, colour: 'red' });
    expect(tag).not.toBeNull();
    expect(retag(tag, 'stage', 'fit')).toEqual({ role: 'stage', stage: 'fit', colour: 'red' });
    expect(excludeFile(tag!, 'a.csv')).toEqual({ ...stage, colour: 'red', ignore: ['a.csv'] });
  });

  it('has a stage name only with the role stage', () => {
    expect(retag(stage, 'setup', null)).toEqual({ role: 'setup' });
    expect(retag(null, 'stage', 'load')).toEqual({ role: 'stage', stage: 'load' });
  });

  it('leaves a list out when it is empty again', () => {
    const excluded = excludeFile(stage, 'a.csv');
    expect(restoreFile(excluded, 'a.csv')).toEqual(stage);
    expect(dropFile(addFile(stage, 'deps', 'b.csv'), 'b.csv')).toEqual(stage);
  });

  it('holds a file on one side only: added, or excluded', () => {
    expect(addFile(excludeFile(stage, 'a.csv'), 'deps', 'a.csv')).toEqual({ ...stage, deps: ['a.csv'] });
    expect(excludeFile(addFile(stage, 'outs', 'm.json'), 'm.json')).toEqual({ ...stage, ignore: ['m.json'] });
  });

  it('says the kind of an output and keeps what else is said of it (N30)', () => {
    const plain = addFile(stage, 'outs', 'm.json');
    expect(setOutKind(plain, 'm.json', 'metric').outs).toEqual([{ path: 'm.json', kind: 'metric' }]);
    const rich: CellTag = { ...stage, outs: [{ path: 'm.json', kind: 'plot', x: 'step' }] };
    expect(setOutKind(rich, 'm.json', 'metric').outs).toEqual([{ path: 'm.json', kind: 'metric', x: 'step' }]);
  });
});

describe('the places of cells', () => {
  it('counts the cells of each stage wherever they stand', () => {
    const places = placeCells([{ role: 'setup' }, stage, null, { role: 'stage', stage: 'load' }, stage]);
    expect(places.map(place => (place === null ? null : [place.role, place.stage, place.nth, place.of]))).toEqual([
      ['setup', '', 1, 1],
      ['stage', 'train', 1, 2],
      null,
      ['stage', 'load', 1, 1],
      ['stage', 'train', 2, 2]
    ]);
  });
});
