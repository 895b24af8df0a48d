import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const GITHUB = '@actions/github'
const ENDPOINTS = '@octokit/plugin-rest-endpoint-methods'

/** ncc resolves by the `paths` of this file only, and not by those of one that it extends. */
const TSCONFIG = {
  extends: '../tsconfig.json',
  compilerOptions: { paths: { '@actions/core/lib/*': ['../node_modules/@actions/core/lib/*'] } },
}

/**
 * The sources beside a few packages that are cut to what is used of them, which makes the bundle
 * 0.3 MB smaller. Every other package is found in the folder above.
 *
 * @param root the repository
 * @returns a new folder in the repository, to be removed after the build
 */
export async function stageSources(root: string): Promise<string> {
  const stage = mkdtempSync(join(root, '.build-'))
  cpSync(join(root, 'src'), join(stage, 'src'), { recursive: true })
  writeFileSync(join(stage, 'tsconfig.json'), JSON.stringify(TSCONFIG))
  for (const name of [GITHUB, ENDPOINTS]) {
    const from = join(root, 'node_modules', name)
    cpSync(from, join(stage, 'node_modules', name), { recursive: true })
  }
  leaveOutUndici(join(stage, 'node_modules', GITHUB))
  await keepUsedEndpoints(join(stage, 'node_modules', ENDPOINTS), join(root, 'src/github'))
  return stage
}

/**
 * @actions/github loads undici's main entry for requests of its own. Ours go out by our HTTP client,
 * so `fetch` is never called, and a `ProxyAgent` is made at import at most and never used.
 */
function leaveOutUndici(folder: string): void {
  const undici = join(folder, 'node_modules/undici')
  mkdirSync(undici, { recursive: true })
  const description = { name: 'undici', version: '0.0.0', type: 'module', main: 'index.js' }
  writeFileSync(join(undici, 'package.json'), JSON.stringify(description))
  writeFileSync(
    join(undici, 'index.js'),
    'export const fetch = globalThis.fetch\nexport class ProxyAgent {}\n',
  )
}

type Endpoints = Record<string, Record<string, unknown>>

/** Of GitHub's thousand endpoints those that the sources name. */
async function keepUsedEndpoints(folder: string, sources: string): Promise<void> {
  const file = join(folder, 'dist-src/generated/endpoints.js')
  const all = ((await import(pathToFileURL(file).href)) as { default: Endpoints }).default
  const used: Endpoints = {}
  for (const name of readdirSync(sources).sort()) {
    const text = readFileSync(join(sources, name), 'utf8')
    for (const [, scope = '', method = ''] of text.matchAll(/\brest\.(\w+)\.(\w+)\(/g)) {
      const endpoint = all[scope]?.[method]
      if (endpoint === undefined) throw new Error(`${name}: GitHub has no ${scope}.${method}`)
      used[scope] = { ...used[scope], [method]: endpoint }
    }
  }
  writeFileSync(file, `export default ${JSON.stringify(used)}\n`)
}
