import { test } from 'vitest'
import type { Effect, Fault } from '../emulator/faults.ts'
import { FAULTS } from './faults.ts'
import type { Table } from './table.ts'

/** `npm run test:campaign` runs all cells, `npm test` a share of them. */
export const isFull = process.env.CAMPAIGN === 'full'
/** Only what never ends is a failure of this kind. */
export const CELL_MS = 400_000

/** One place of a campaign: a fault, on one kind of request, once or for good. */
export interface Cell {
  /** What kind of request it is. */
  readonly name: string
  readonly fault: string
  readonly isAlways: boolean
}

export interface Endpoint {
  readonly name: string
  readonly method: string
  readonly path: RegExp
}

export interface FaultCell<E extends Endpoint = Endpoint> extends Cell {
  readonly endpoint: E
  readonly effect: Effect
}

/** Every fault on every endpoint: once, then for good. */
export function gridOf<E extends Endpoint>(endpoints: readonly E[]): FaultCell<E>[] {
  return endpoints.flatMap((endpoint) =>
    FAULTS.flatMap(([fault, effect]) =>
      [false, true].map((isAlways) => ({ name: endpoint.name, endpoint, fault, effect, isAlways })),
    ),
  )
}

/** What an emulator is told for a cell. */
export function faultOf({ endpoint, effect, isAlways }: FaultCell): Fault {
  const { method, path } = endpoint
  return { ...effect, method, path, ...(!isAlways && { times: 1 }) }
}

/**
 * A test for each cell, which counts in the table what it came to.
 *
 * @param share `npm test` takes each one of so many; an even number takes only faults that come once
 */
export function tryCells<C extends Cell>(
  cells: readonly C[],
  share: number,
  table: Table,
  run: (cell: C) => Promise<string>,
): void {
  const tried = cells.filter((_, index) => isFull || index % share === 0)
  test.each(tried.map((cell) => [`${cell.name}: ${cell.fault}, ${often(cell)}`, cell] as const))(
    '%s',
    async (_, cell) => await table.measure(`${cell.name}, ${often(cell)}`, () => run(cell)),
    CELL_MS,
  )
}

function often({ isAlways }: Cell): string {
  return isAlways ? 'always' : 'once'
}
