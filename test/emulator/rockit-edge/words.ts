import type { Reply } from '../delivery.ts'
import type { RockitEdgeSettings } from './settings.ts'
import type { Spelling } from './spelling.ts'

export type Json = Record<string, unknown>

/** Puts things into the words and shapes that the spelling asks for at that moment. */
export interface Words {
  readonly spelling: Spelling
  number(value: number): number | string
  flag(value: boolean): boolean | number | string
  time(date: Date): string | number
  /** One thing, in its envelope; `name` is what it is called there. */
  one(name: string, value: Json, status?: number): Reply
  /** One page of things, in their envelope. */
  page(name: string, rows: readonly Json[], total: number): Reply
  /**
   * A refusal. Only the maintenance envelope is known (Terraform stack, edge/api-gw.tf); that the
   * application's own errors have the same form is a guess.
   */
  refuse(status: number, code: string, message: string): Reply
}

export function createWords(settings: RockitEdgeSettings): Words {
  return {
    get spelling() {
      return settings.spelling
    },
    number: (value) => (settings.spelling.numbers === 'string' ? String(value) : value),
    flag(value) {
      if (settings.spelling.appFlags === 'boolean') return value
      return settings.spelling.appFlags === 'number' ? Number(value) : String(value)
    },
    time(date) {
      if (settings.spelling.times === 'iso') return date.toISOString()
      const timeMs = date.getTime()
      return settings.spelling.times === 'epoch-ms' ? timeMs : Math.floor(timeMs / 1000)
    },
    one: (name, value, status = 200) => ({
      status,
      body: wrapOne(name, value, settings.spelling.envelope),
    }),
    page: (name, rows, total) => ({
      status: 200,
      body: wrapPage(name, rows, total, settings.spelling.listEnvelope),
    }),
    refuse(status, code, message) {
      const { errorForm } = settings.spelling
      if (errorForm === 'text') return { status, body: `${code}: ${message}` }
      if (errorForm === 'error') return { status, body: { error: message } }
      return { status, body: { status: 'failed', error: code, message } }
    },
  }
}

function wrapOne(name: string, value: Json, envelope: Spelling['envelope']): Json {
  switch (envelope) {
    case 'bare':
      return value
    case 'status':
      // A thing with a status of its own, as a task may have, keeps it.
      return { status: 'success', ...value }
    case 'named':
      return { [name]: value }
    case 'data':
      return { data: value }
    default:
      return envelope satisfies never
  }
}

function wrapPage(
  name: string,
  rows: readonly Json[],
  total: number,
  envelope: Spelling['listEnvelope'],
): unknown {
  switch (envelope) {
    case 'bare':
      return rows
    case 'named':
      return { [name]: rows, total }
    case 'data':
      return { data: rows, total }
    case 'items':
      return { items: rows, total }
    case 'nested':
      return { status: 'success', data: { [name]: rows, total } }
    default:
      return envelope satisfies never
  }
}
