import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The folders of one job on one runner; main and post share them. */
export interface JobFolders {
  readonly root: string
  readonly home: string
  readonly temp: string
  readonly toolCache: string
  readonly workspace: string
  readonly eventFile: string
  /** Deletes all of it. */
  remove(): void
}

export function createFolders(event: unknown = {}): JobFolders {
  const root = mkdtempSync(join(tmpdir(), 'runner-'))
  const create = (name: string): string => {
    const folder = join(root, name)
    mkdirSync(folder, { recursive: true })
    return folder
  }
  const temp = create('_temp')
  const eventFile = join(create('_temp/_github_workflow'), 'event.json')
  writeFileSync(eventFile, JSON.stringify(event))
  return {
    root,
    temp,
    eventFile,
    home: create('home'),
    toolCache: create('_tool'),
    workspace: create('work'),
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 3 }),
  }
}

const COMMAND_FILES = ['output', 'state', 'env', 'path', 'step_summary'] as const
type CommandFile = (typeof COMMAND_FILES)[number]

/** The files that a step writes to; each step gets fresh ones. */
export interface CommandFiles {
  /** `GITHUB_OUTPUT` and its like. */
  readonly env: Readonly<Record<string, string>>
  /** Gives nothing for a file that the step deleted: the runner does not mind. */
  read(file: CommandFile): Buffer
}

export function createCommandFiles(folders: JobFolders, suffix: string): CommandFiles {
  const folder = join(folders.temp, '_runner_file_commands')
  mkdirSync(folder, { recursive: true })
  const pathOf = (file: CommandFile): string => join(folder, `${file}_${suffix}`)
  for (const file of COMMAND_FILES) writeFileSync(pathOf(file), '')
  return {
    env: Object.fromEntries(
      COMMAND_FILES.map((file) => [`GITHUB_${file.toUpperCase()}`, pathOf(file)]),
    ),
    read: (file) => {
      try {
        return readFileSync(pathOf(file))
      } catch {
        return Buffer.alloc(0)
      }
    },
  }
}
