import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { annotations, type Edgegap, expectSound, startEdgegap } from '../action/deploy.ts'
import { type Edge, startEdge } from '../action/rockit-edge.ts'
import { ready } from '../emulator/edgegap/script.ts'
import type { EdgegapOptions } from '../emulator/edgegap/settings.ts'
import { type GameServer, startGameServer } from '../emulator/game/game-server.ts'
import { type GitHubEmulator, startGitHub } from '../emulator/github/emulator.ts'
import { freePort } from '../emulator/tunnel/loopback-server.ts'
import { type Relay, startRelay } from '../emulator/tunnel/relay.ts'
import { findSshd, type Sshd, startSshd } from '../emulator/tunnel/sshd.ts'
import { createFolders, type JobFolders } from '../harness/folders.ts'
import { runJob } from '../harness/job.ts'
import type { StepResult } from '../harness/step-result.ts'
import type { OwnStep } from './documents.ts'

export const HEAD_SHA = 'c'.repeat(40)
const PULL = 12
const SECRETS = {
  EDGEGAP_REGISTRY_USERNAME: 'robot$my-org+client-push',
  EDGEGAP_REGISTRY_PASSWORD: 'password-of-the-registry',
  ADMIN_PASSWORD: 'password-of-the-admin',
  BUILDS_KEY: 's1gned-k3y-of-builds',
}

/** Everything that a workflow meets: the providers, GitHub, a game, tunnels, and one runner's folders. */
export class Stage {
  readonly edgegap: Edgegap
  readonly #edge: Edge
  readonly #github: GitHubEmulator
  readonly #game: GameServer
  readonly #sshd: Sshd | undefined
  readonly #relay: Relay
  readonly #folders: JobFolders
  readonly #port: number

  private constructor(parts: Parts) {
    this.edgegap = parts.edgegap
    this.#edge = parts.edge
    this.#github = parts.github
    this.#game = parts.game
    this.#sshd = parts.sshd
    this.#relay = parts.relay
    this.#port = parts.port
    this.#folders = createFolders({
      pull_request: { number: PULL, head: { sha: HEAD_SHA } },
      workflow_run: { head_sha: HEAD_SHA, event: 'pull_request', pull_requests: [] },
    })
    mkdirSync(join(this.#folders.workspace, 'game'))
    writeFileSync(join(this.#folders.workspace, 'game', 'server'), 'the game')
    const branch = 'feature'
    this.#github.state.pulls.push({ number: PULL, state: 'open', branch, sha: HEAD_SHA })
  }

  static async start(options: EdgegapOptions = {}): Promise<Stage> {
    const game = await startGameServer()
    const sshd = findSshd().path === undefined ? undefined : await startSshd()
    const edgegap = await startEdgegap({ catalogue: CATALOGUE, script: readyAt(game), ...options })
    const [edge, github] = [await startEdge(), await startGitHub()]
    const relay = await startRelay({ dialect: 'smee' })
    return new Stage({ edgegap, edge, github, game, sshd, relay, port: await freePort() })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#folders.remove()
    await Promise.all([
      this.edgegap[Symbol.asyncDispose](),
      this.#edge[Symbol.asyncDispose](),
      this.#github.close(),
      this.#game.close(),
      this.#sshd?.close(),
      this.#relay.close(),
    ])
  }

  /** What stands for the expressions of workflows, beside outputs of steps and jobs. */
  values(): Record<string, string> {
    const secrets = {
      ...SECRETS,
      EDGEGAP_TOKEN: this.edgegap.settings.token,
      ROCKIT_EDGE_API_KEY: this.#edge.settings.apiKey,
      HOOKS_SSH_KEY: this.#sshd?.privateKey ?? UNUSABLE_KEY,
    }
    return {
      ...Object.fromEntries(
        Object.entries(secrets).map(([name, value]) => [`secrets.${name}`, value]),
      ),
      'vars.HOOKS_KNOWN_HOSTS': this.#sshd?.knownHosts ?? UNUSABLE_HOSTS,
      'github.sha': 'd'.repeat(40),
      'github.ref_name': 'v1.5.0',
      'github.run_id': '9007',
      'github.run_number': '7',
      'github.token': this.#github.token,
      'github.event.pull_request.number': String(PULL),
      'github.event.workflow_run.head_sha': HEAD_SHA,
      'inputs.version': 'v1.4.2',
      'inputs.image': 'registry.edgegap.com/my-org/my-game:v1.4.0',
      'matrix.group': `pr-${PULL}`,
      'matrix.client': '1',
      'steps.pull.outputs.number': String(PULL),
    }
  }

  /**
   * Runs a step of ours, main and post, as the last of those that `during` does not run: what comes
   * later in its job runs between them. Holds what is true for every good step.
   */
  async run(
    step: OwnStep,
    inputs: Readonly<Record<string, string>>,
    event: string,
    during: (main: StepResult) => Promise<void>,
  ): Promise<void> {
    const requestsBefore = this.#github.requests.length
    const job = await runJob({
      inputs: { ...inputs, ...this.#standIns(inputs) },
      env: { ...this.#environment(), GITHUB_EVENT_NAME: event },
      context: { 'github.token': this.#github.token },
      folders: this.#folders,
      beforePost: async (main) => {
        expect(main.log.map(({ text }) => text).join('\n')).not.toMatch(/has no effect/)
        expect(annotations(main, 'error'), step.name).toEqual([])
        expect(main.exitCode, step.name).toBe(0)
        await during(main)
      },
    })
    const hidden = [...Object.values(SECRETS).slice(1), this.edgegap.settings.token]
    for (const part of [job.main, job.post]) if (part) expectSound(part, hidden)
    expect(job.post?.exitCode, `post step of ${step.name}`).toBe(0)
    expect(job.orphans).toEqual([])
    const requests = this.#github.requests.slice(requestsBefore)
    const usesGitHub = inputs.environment !== undefined || inputs.comment === 'true'
    expect(requests.length > 0, `${step.name} calls GitHub`).toBe(usesGitHub)
    for (const { status, path } of requests) expect(status, path).toBeLessThan(400)
  }

  #environment(): Record<string, string> {
    return {
      // On a runner of GitHub's a tunnel client would be downloaded where no tunnel is configured.
      RUNNER_ENVIRONMENT: 'self-hosted',
      GITHUB_API_URL: this.#github.apiUrl,
      GITHUB_REPOSITORY: this.#github.state.repository,
    }
  }

  /** Addresses of the stage for those of the world, and short times for long ones. */
  #standIns(inputs: Readonly<Record<string, string>>): Record<string, string> {
    const rockit = inputs.provider === 'rockit-edge'
    const at = `http://127.0.0.1:${this.#port}`
    return {
      'api-url': rockit ? this.#edge.url : this.edgegap.url,
      ...(rockit && { 'poll-interval': '1s' }),
      ...('public-url' in inputs && {
        'public-url': `${at}/ci`,
        'listen-port': String(this.#port),
      }),
      ...('ssh-host' in inputs && {
        'ssh-host': '127.0.0.1',
        'ssh-port': String(this.#sshd?.port ?? this.#port),
        'ssh-user': this.#sshd?.user ?? 'webhook',
        'ssh-remote-port': String(this.#port),
        'ssh-public-url': at,
      }),
      ...('relay-url' in inputs && { 'relay-url': this.#relay.url }),
      ...('settle-time' in inputs && { 'settle-time': '1s' }),
    }
  }
}

interface Parts {
  readonly edgegap: Edgegap
  readonly edge: Edge
  readonly github: GitHubEmulator
  readonly game: GameServer
  readonly sshd: Sshd | undefined
  readonly relay: Relay
  readonly port: number
}

/** The versions that the examples say they need. */
const CATALOGUE = {
  'my-game': { prod: { docker_tag: 'v1.4.1' }, nightly: {}, 'v1.4.2': {} },
  'my-game-preview': { base: {} },
}

/** Where there is no sshd, nothing answers at that port either, and the step polls. */
const UNUSABLE_KEY =
  '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n'
const UNUSABLE_HOSTS =
  '127.0.0.1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

/** READY, with the game's port as the address of the server. */
function readyAt(game: GameServer) {
  const { host, port: external } = game
  const link = `${host}:${external}`
  const port = { name: 'gameport', internal: 7777, external, protocol: 'UDP', link }
  const wire = { fqdn: host, public_ip: host, ports: { gameport: port } }
  return ready(100).map((step) => (step.status === 'READY' ? { ...step, wire } : step))
}
