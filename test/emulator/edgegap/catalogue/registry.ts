import { createHash } from 'node:crypto'
import type { Reply } from '../../delivery.ts'
import type { RoutedRequest } from '../../router.ts'
import { pagedReply } from '../paging.ts'
import type { EdgegapSettings } from '../settings.ts'
import { timestamp } from '../timestamp.ts'

const ownRegistry = 'registry.edgegap.com'

/** OpenAPI v1 `GET /v1/container-registry/images/{image}/tags`. */
export function tagsReply(
  { path, query, params }: RoutedRequest,
  settings: EdgegapSettings,
): Reply {
  // Nested names keep their slash; the live API does not take it encoded.
  const isEncoded = /%2f/i.test(path)
  const tags = isEncoded ? undefined : tagsOf(params.image ?? '', settings)
  if (tags === undefined) return { status: 404, body: { message: 'Image not found' } }
  return pagedReply(tags, query, settings, (rows, { total_count }) => {
    const data = rows.map((tag) => tagJson(tag, settings))
    const body = settings.registryShape === 'live' ? { count: total_count, data } : { data }
    return { status: 200, body }
  })
}

function tagsOf(asked: string, settings: EdgegapSettings): readonly string[] | undefined {
  const found = Object.entries(settings.images).find(([name]) => {
    const [host, project, ...image] = name.split('/')
    if (host !== ownRegistry) return false
    const names = { image: image.join('/'), 'project/image': [project, ...image].join('/') }
    if (settings.registryNames === 'both') return Object.values(names).includes(asked)
    return names[settings.registryNames] === asked
  })
  return found?.[1]
}

function tagJson(tag: string, { registryShape }: EdgegapSettings) {
  const deleted = registryShape === 'live' ? 'deleted' : 'artifact_deleted'
  const image_hash = `sha256:${createHash('sha256').update(tag).digest('hex')}`
  return {
    tag,
    last_push_at: timestamp(new Date()),
    artifact: { [deleted]: false, remaining_tags: [tag], image_hash, size_mb: 512 },
  }
}
