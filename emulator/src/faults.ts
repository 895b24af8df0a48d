import { parseDuration } from '../../src/settings/duration.ts'
import type { Inputs } from '../../src/settings/inputs.ts'
import type { Problems } from '../../src/settings/problems.ts'
import type { Effect, Fault } from '../../test/emulator/faults.ts'

const FORM =
  'write METHOD PATH FAULT, such as "GET /v1/status/* status 503 times=3"; the fault is one of status CODE, delay DURATION, hang, reset, truncate, malformed'
const METHODS = ['*', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE']
/** `when` of those that take it. */
const CAN_COME_AFTER: readonly string[] = ['status', 'hang', 'reset']
const MOST_TIMES = 1_000_000

/** Reads the input `faults`, one a line; every problem is noted by its line. */
export function readFaults(inputs: Inputs, problems: Problems): Fault[] {
  return inputs.lines('faults').flatMap((line) => {
    const fault = parseFault(line.trim())
    if (typeof fault !== 'string') return [fault]
    problems.add('faults', line.trim(), fault)
    return []
  })
}

/** @returns the fault, or what is wrong with the line */
export function parseFault(line: string): Fault | string {
  const [method = '', path = '', kind = '', ...rest] = line.split(/\s+/)
  if (!METHODS.includes(method.toUpperCase())) return `${FORM}; METHOD is ${METHODS.join(', ')}`
  if (!path.startsWith('/')) return `${FORM}; PATH begins with /`
  const takesArgument = kind === 'status' || kind === 'delay'
  const effect = toEffect(kind, takesArgument ? rest.shift() : undefined)
  if (typeof effect === 'string') return effect
  const options = readOptions(rest, kind)
  if (typeof options === 'string') return options
  return {
    ...effect,
    ...options,
    path: toPattern(path),
    ...(method !== '*' && { method: method.toUpperCase() }),
  }
}

function toEffect(kind: string, argument: string | undefined): Effect | string {
  switch (kind) {
    case 'status': {
      const status = Number(argument)
      if (!/^\d{3}$/.test(argument ?? '') || status < 200 || status > 599) {
        return 'a status is a number from 200 to 599, such as "status 503"'
      }
      return { kind, status, body: { message: `A fault of the emulator: status ${status}` } }
    }
    case 'delay': {
      const delayMs = parseDuration(argument ?? '')
      if (delayMs === undefined) return 'write how long, such as "delay 5s"'
      return { kind, delayMs }
    }
    case 'hang':
    case 'reset':
    case 'truncate':
    case 'malformed':
      return { kind }
    default:
      return FORM
  }
}

type Options = Pick<Fault, 'times' | 'afterRequests'> & { readonly when?: 'after' }

function readOptions(words: readonly string[], kind: string): Options | string {
  let options: Options = {}
  for (const word of words) {
    const [, name = '', value = ''] = /^(times|skip|when)=(\w+)$/.exec(word) ?? []
    if (name === 'when') {
      if (value !== 'after' || !CAN_COME_AFTER.includes(kind)) {
        return `when=after may follow ${CAN_COME_AFTER.join(', ')}, and no other value`
      }
      options = { ...options, when: 'after' }
      continue
    }
    const number = /^\d{1,7}$/.test(value) ? Number(value) : Number.NaN
    if (!(number <= MOST_TIMES)) {
      return `"${word}" is unknown: times=N, skip=N and when=after may follow the fault`
    }
    options = { ...options, ...(name === 'times' ? { times: number } : { afterRequests: number }) }
  }
  return options
}

/** A path in which `*` stands for anything; what else it holds stands for itself. */
function toPattern(path: string): RegExp {
  const parts = path.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}
