import type { Inputs } from '../../src/settings/inputs.ts'
import { nearestName } from '../../src/settings/nearest.ts'
import type { Problems } from '../../src/settings/problems.ts'
import {
  error,
  never,
  ready,
  readyThenCrashLoop,
  readyThenEnds,
  readyThenError,
  readyThenRestarts,
  type Script,
  terminatedBeforeReady,
  unknownStatus,
} from '../../test/emulator/edgegap/script.ts'

interface Times {
  readonly readyMs: number
  /** Counted from the create. */
  readonly troubleMs: number
}

/** How often a server crashes that crashes again and again. */
const CRASHES = 20

const OUTCOMES: Readonly<Record<string, (times: Times, text: string | undefined) => Script>> = {
  ready: ({ readyMs }) => ready(readyMs),
  error: ({ readyMs }, text) => error(readyMs, text),
  never: () => never(),
  'ends-before-ready': ({ readyMs }) => terminatedBeforeReady(readyMs),
  'unknown-status': ({ readyMs }) => unknownStatus(readyMs),
  'ready-then-error': ({ readyMs, troubleMs }, text) => readyThenError(readyMs, troubleMs, text),
  'ready-then-ends': ({ readyMs, troubleMs }) => readyThenEnds(readyMs, troubleMs),
  'ready-then-restarts': ({ readyMs, troubleMs }) => readyThenRestarts(readyMs, troubleMs),
  'ready-then-crash-loop': ({ readyMs, troubleMs }) =>
    readyThenCrashLoop(readyMs, troubleMs - readyMs, CRASHES),
}
const WITH_TEXT: readonly string[] = ['error', 'ready-then-error']

/** Reads the input `outcomes`: the lifecycle of each next deployment, of which the last one stays. */
export function readOutcomes(inputs: Inputs, problems: Problems, times: Times): Script[] {
  const names = Object.keys(OUTCOMES)
  return inputs.lines('outcomes').flatMap((line) => {
    const [, word = '', text = ''] = /^(\S+)\s*(.*)$/.exec(line.trim()) ?? []
    const outcome = Object.hasOwn(OUTCOMES, word) ? OUTCOMES[word] : undefined
    if (outcome === undefined) {
      const meant = nearestName(word, names)
      problems.add('outcomes', line, `use one of ${names.join(', ')}`, ...(meant ? [meant] : []))
      return []
    }
    if (text !== '' && !WITH_TEXT.includes(word)) {
      problems.add('outcomes', line, `a text may follow ${WITH_TEXT.join(' and ')} only`)
      return []
    }
    return [outcome(times, text || undefined)]
  })
}
