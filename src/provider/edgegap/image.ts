/** An image as Edgegap wants it: registry, name and tag apart. */
export interface Image {
  /** The registry's host, with port where it has one. Edgegap calls it `docker_repository`. */
  readonly registry: string
  /** Namespace and name, without host and tag. */
  readonly name: string
  readonly tag: string
}

const FORM = 'write registry/namespace/name:tag, such as registry.edgegap.com/my-org/my-game:1.2.3'
/** Docker's own limits: 255 characters for host and name together, 128 for a tag. */
const [MAX_NAME, MAX_TAG] = [255, 128]
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/
const HOST =
  /^(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])(?:\.(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9]))*(?::\d{1,5})?$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/

/**
 * Reads an image reference as Docker does: without a host it is on Docker Hub, and a name without a
 * namespace is in `library` there.
 *
 * @returns the image, or what is wrong with the text and what is right
 */
export function parseImage(text: string): Image | string {
  const wrong = findObviousFault(text)
  if (wrong !== undefined) return wrong
  const { host, rest } = splitHost(text)
  const colon = rest.indexOf(':')
  const name = colon < 0 ? rest : rest.slice(0, colon)
  const registry = host ?? 'docker.io'
  const nameFault = findNameFault(registry, name)
  if (nameFault !== undefined) return nameFault
  if (colon < 0) return `it has no tag, and Edgegap needs one: ${FORM}`
  const tag = rest.slice(colon + 1)
  if (tag === '') return `its tag is empty: ${FORM}`
  if (tag.length > MAX_TAG) return `its tag is longer than ${MAX_TAG} characters`
  if (!TAG.test(tag)) return tagFault(tag)
  return { registry: hubOr(registry), name: withNamespace(registry, name), tag }
}

/** The whole reference, such as `docker.io/library/nginx:1`. */
export function showImage({ registry, name, tag }: Image): string {
  return `${registry}/${name}:${tag}`
}

/** True for the same image of the same registry, however Docker Hub is spelt in either. */
export function isSameImage(a: Image, b: Image): boolean {
  return showImage(normalise(a)) === showImage(normalise(b))
}

/** What is allowed and yet likely to disappoint; undefined where there is nothing to say. */
export function warnOfTag({ tag }: Image): string | undefined {
  if (tag !== 'latest') return undefined
  return 'The image has the tag latest. Edgegap caches images by tag, so servers may start with an older one: give each build a tag of its own.'
}

function findObviousFault(text: string): string | undefined {
  // As docker/metadata-action gives them.
  const lines = text.split(/[\r\n,]+/).filter((line) => line.trim() !== '')
  if (lines.length > 1 && lines.every((line) => /:[^/]+$/.test(line))) {
    return `these are ${lines.length} images, and a version has one: give only one of them, such as the one whose tag is new with each build`
  }
  if (text.length > MAX_NAME + MAX_TAG + 200) return 'it is too long to be an image'
  if (/[^\x21-\x7e]/.test(text)) return `it holds blanks or characters that no image has: ${FORM}`
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return `leave ${text.split('//')[0]}// out: ${FORM}`
  if (text.includes('@')) {
    return 'Edgegap names images by tag and cannot take a digest (@sha256:…): give the tag instead'
  }
  return undefined
}

/** Tags are often made from the name of a branch, such as `feature/x`. */
function tagFault(tag: string): string {
  const meant = tag.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[.-]+/, '')
  const hint = TAG.test(meant) ? `: "${meant}" may be meant, if it was pushed so` : ''
  return `its tag may hold only A-Z, a-z, 0-9, _, . and -${hint}`
}

/** The first part is a host if it has a dot, a port or is localhost; otherwise it is a namespace. */
function splitHost(text: string): { host: string | undefined; rest: string } {
  const slash = text.indexOf('/')
  const first = text.slice(0, slash)
  if (slash < 0 || !(/[.:]/.test(first) || first.toLowerCase() === 'localhost')) {
    return { host: undefined, rest: text }
  }
  return { host: first.toLowerCase(), rest: text.slice(slash + 1) }
}

function findNameFault(registry: string, name: string): string | undefined {
  if (!HOST.test(registry)) return `"${registry.slice(0, 80)}" is no host of a registry: ${FORM}`
  if (name === '') return `it has no name: ${FORM}`
  if (/[A-Z]/.test(name)) {
    return `names of images are lower case: "${name.toLowerCase().slice(0, 120)}" may be meant`
  }
  if (registry.length + name.length + 1 > MAX_NAME) {
    return `its name is longer than ${MAX_NAME} characters`
  }
  const bad = name.split('/').find((component) => !COMPONENT.test(component))
  if (bad === undefined) return undefined
  if (bad === '') return `it has an empty part between slashes: ${FORM}`
  return `"${bad.slice(0, 80)}" is no part of an image's name: use a-z and 0-9, with ., _, __ or - between them`
}

const HUB: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])

function hubOr(registry: string): string {
  return HUB.has(registry) ? 'docker.io' : registry
}

function withNamespace(registry: string, name: string): string {
  return HUB.has(registry) && !name.includes('/') ? `library/${name}` : name
}

function normalise({ registry, name, tag }: Image): Image {
  const host = registry
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '')
  return { registry: hubOr(host), name: withNamespace(hubOr(host), name.trim()), tag: tag.trim() }
}
