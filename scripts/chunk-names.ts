import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { basename, join } from 'node:path'

/** How the names of chunks end; the entry is `index.js`. */
const ENDING = '.chunk.js'
/** What makes a file name of a chunk's number, in the entry. */
const BY_NUMBER = '"" + chunkId + ".index.js"'
/** A lazy import: the numbers of the chunks that it loads, and of the module that it gives. */
const IMPORT =
  /(?:Promise\.all\(\/\* import\(\) \*\/\[([^\]]+)\]\)|\w+\.e\(\/\* import\(\) \*\/ (\d+)\))\.then\(\w+(?:\.t)?\.bind\(\w+, (\d+)/g
const MOST_NAMES = 3

interface Chunk {
  readonly id: string
  readonly code: string
  readonly map: SourceMapPayload
}

/** A module that is imported lazily, with all chunks that this loads. */
interface LazyImport {
  readonly chunkIds: readonly string[]
  readonly source: string
  /** The chunk that holds it. */
  readonly owner: string
}

/**
 * Gives the chunks of a build by ncc names that say what is in them, in place of numbers: the file
 * that is imported lazily, the package, or for what several share the names of those.
 *
 * @param folder what ncc wrote, not minified, with its source maps
 * @throws Error when the build does not look as expected
 */
export function nameChunks(folder: string): void {
  const chunks = readChunks(folder)
  if (chunks.length === 0) return
  const indexFile = join(folder, 'index.js')
  const index = readFileSync(indexFile, 'utf8')
  if (index.split(BY_NUMBER).length !== 2) throw new Error('not one place names the chunks')
  const imports = [index, ...chunks.map(({ code }) => code)].flatMap((code) =>
    findImports(code, chunks),
  )
  const names = chooseNames(chunks, imports)
  for (const { id } of chunks) {
    renameSync(join(folder, `${id}.index.js`), join(folder, names[id] + ENDING))
    renameSync(join(folder, `${id}.index.js.map`), join(folder, `${names[id]}${ENDING}.map`))
  }
  const byName = `${JSON.stringify(names)}[chunkId] + "${ENDING}"`
  writeFileSync(indexFile, index.replace(BY_NUMBER, byName))
}

function readChunks(folder: string): Chunk[] {
  const chunks = readdirSync(folder).flatMap((file) => {
    const id = /^(\d+)\.index\.js$/.exec(file)?.[1]
    if (id === undefined) return []
    const read = (name: string) => readFileSync(join(folder, name), 'utf8')
    return [{ id, code: read(file), map: JSON.parse(read(`${file}.map`)) as SourceMapPayload }]
  })
  // Of two with one name, the larger one gets it.
  return chunks.sort((a, b) => b.code.length - a.code.length)
}

function findImports(code: string, chunks: readonly Chunk[]): LazyImport[] {
  return [...code.matchAll(IMPORT)].flatMap(([, several, one = '', moduleId = '']) => {
    const chunkIds = several?.match(/\d+/g) ?? [one]
    const owner = chunks.find(
      (chunk) => chunkIds.includes(chunk.id) && chunk.code.includes(`/***/ ${moduleId}:`),
    )
    return owner ? [{ chunkIds, owner: owner.id, source: sourceOf(moduleId, owner) }] : []
  })
}

/** The file that a module comes from. Of several in one, it is the last that all others serve. */
function sourceOf(moduleId: string, { code, map }: Chunk): string {
  const from = code.indexOf(`/***/ ${moduleId}:`)
  const next = code.slice(from + 1).search(/^\/\*\*\*\/ \d+:/m)
  const text = next < 0 ? code.slice(from) : code.slice(from, from + 1 + next)
  const joined = [...text.matchAll(/^;\/\/ CONCATENATED MODULE: (\S+)$/gm)].at(-1)?.[1]
  if (joined !== undefined) return joined
  const lastLine = code.slice(0, from + text.length).split('\n').length - 1
  const entry = new SourceMap(map).findEntry(lastLine, 0)
  if (!('originalSource' in entry)) throw new Error(`module ${moduleId} comes from nowhere`)
  return entry.originalSource
}

function chooseNames(
  chunks: readonly Chunk[],
  imports: readonly LazyImport[],
): Record<string, string> {
  const taken = new Map<string, number>()
  const names = chunks.map((chunk) => {
    const name = nameOf(chunk, imports)
    const times = (taken.get(name) ?? 0) + 1
    taken.set(name, times)
    return [chunk.id, times === 1 ? name : `${name}-${times}`]
  })
  return Object.fromEntries(names)
}

function nameOf({ id, map }: Chunk, imports: readonly LazyImport[]): string {
  const own = imports.find(({ owner }) => owner === id)
  if (own) return packageOf(own.source) ?? pathName(own.source)
  const packages = new Set(map.sources.map(packageOf))
  const [only] = packages
  if (packages.size === 1 && only !== undefined) return only
  const loaders = imports.filter(({ chunkIds }) => chunkIds.includes(id))
  const files = new Set(loaders.map(({ source }) => basename(source).replace(/\.\w+$/, '')))
  return ['shared', ...[...files].sort().slice(0, MOST_NAMES)].join('-')
}

function packageOf(source: string): string | undefined {
  const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1]
  return name?.replace('@', '').replace('/', '-')
}

/** `./src/provider/edgegap/edgegap.ts` is `provider-edgegap`. */
function pathName(source: string): string {
  const path = source.replace(/^.*?\bsrc\//, '').replace(/\.\w+$/, '')
  const words = path.split('/').filter((word, index, all) => word !== all[index - 1])
  return words.join('-')
}
