import { ActionError } from '../../src/base/errors.ts'
import type { DeploymentState, RunState } from '../../src/state/state.ts'
import { upServer } from './sample-servers.ts'
import { run } from './scenes.ts'

/** A run in which every outside text is the same. */
export function hostileReport(text: string): RunState {
  const port = { name: text, internal: 1, external: 2, protocol: text, address: text }
  const observed = { host: text, ip: text, location: text, ports: [port, port] }
  const server = (outcome: DeploymentState['outcome']): DeploymentState => {
    const next = text
    return {
      ...upServer({ name: text, where: text, location: text }, text, 4_000),
      outcome,
      observation: {
        state: 'failed',
        status: text,
        known: false,
        facts: { ...observed, details: [[text, text]] },
        reason: text,
      },
      error: new ActionError({ kind: 'deployment-failed', what: text, next, request: text }),
      timeline: [text, text].map((status, n) => ({ status, atMs: n * 1_000 + 100 })),
      log: { tail: [text, text], isCut: true, crash: text },
      probes: [{ port: text, protocol: 'a2s', answered: true, seconds: 1, detail: text }],
    }
  }
  return run({
    title: text,
    application: text,
    version: text,
    versionAction: 'updated',
    outcome: 'failed',
    deployments: [server('failed'), server('succeeded')],
    image: text,
    previousImage: `${text} `,
    promoted: [{ version: text, from: text, to: text }],
    stoppedIds: [text],
    replacedIds: [text],
    tunnel: text,
    tunnelError: text,
    lifetime: { endsWithJob: true, replacedInGroup: text },
    phases: [{ name: text, fromMs: 0, untilMs: 1_000 }],
  })
}
