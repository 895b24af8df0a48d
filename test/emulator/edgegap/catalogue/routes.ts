import type { Reply } from '../../delivery.ts'
import type { RoutedRequest, Router } from '../../router.ts'
import { pagedReply } from '../paging.ts'
import type { EdgegapSettings } from '../settings.ts'
import { applicationJson, createApplication } from './applications.ts'
import type { Application, Catalogue } from './catalogue.ts'
import { tagsReply } from './registry.ts'
import { type AppVersion, isVisible } from './version.ts'
import { versionJson } from './version-json.ts'
import { changeVersion, createVersion, deleteVersion } from './versions.ts'

export interface CatalogueApi {
  readonly settings: EdgegapSettings
  readonly catalogue: Catalogue
  /** Whether a deployment of this version runs. */
  readonly isUsed: (application: string, version: string) => boolean
}

/** Adds the endpoints of applications, versions and the container registry. */
export function addCatalogueRoutes(router: Pick<Router, 'route'>, api: CatalogueApi): void {
  const { settings, catalogue } = api
  addApplicationRoutes(router, api)
  addVersionRoutes(router, api)
  router.route('GET', '/v1/app/:app/versions', ({ params, query }) => {
    const application = catalogue.application(params.app ?? '')
    if (application === undefined) return unknown('Application', params.app)
    const versions = application.versions.filter((version) => isVisible(version, settings))
    const ordered = settings.versionOrder === 'newest-first' ? versions.toReversed() : versions
    return pagedReply(ordered, query, settings, (rows, pagination) => {
      const shown = rows.map((version) => versionJson(version, settings))
      return { status: 200, body: { versions: shown, ...pagination } }
    })
  })
  router.route('GET', '/v1/container-registry/images/:image+/tags', (request) =>
    tagsReply(request, settings),
  )
}

function addApplicationRoutes(
  router: Pick<Router, 'route'>,
  { settings, catalogue }: CatalogueApi,
): void {
  router.route('POST', '/v1/app', ({ body }) => createApplication(body, catalogue, settings))
  router.route('GET', '/v1/apps', ({ query }) =>
    pagedReply(catalogue.applications, query, settings, (rows, pagination) => {
      return { status: 200, body: { applications: rows.map(applicationJson), ...pagination } }
    }),
  )
  router.route('GET', '/v1/app/:app', ({ params }) => {
    const application = catalogue.application(params.app ?? '')
    if (application === undefined) return unknown('Application', params.app)
    return { status: 200, body: applicationJson(application) }
  })
}

type Answer = (application: Application, version: AppVersion, body: unknown) => Reply

function addVersionRoutes(
  router: Pick<Router, 'route'>,
  { settings, catalogue, isUsed }: CatalogueApi,
): void {
  const withVersion = (answer: Answer) => {
    return ({ params, body }: RoutedRequest): Reply => {
      const application = catalogue.application(params.app ?? '')
      if (application === undefined) return unknown('Application', params.app)
      const version = catalogue.version(application.name, params.version ?? '')
      if (version === undefined || !isVisible(version, settings)) {
        return unknown('Version', params.version)
      }
      return answer(application, version, body)
    }
  }
  router.route('POST', '/v1/app/:app/version', ({ params, body }) => {
    const application = catalogue.application(params.app ?? '')
    if (application === undefined) return unknown('Application', params.app)
    return createVersion(application, body, catalogue, settings)
  })
  const path = '/v1/app/:app/version/:version'
  const get: Answer = (_, version) => ({ status: 200, body: versionJson(version, settings) })
  router.route('GET', path, withVersion(get))
  const change: Answer = (application, version, body) =>
    changeVersion(application, version, body, catalogue, settings)
  router.route('PATCH', path, withVersion(change))
  const remove: Answer = (application, version) =>
    deleteVersion(application, version, isUsed(application.name, version.name), settings)
  router.route('DELETE', path, withVersion(remove))
}

function unknown(kind: string, name: string | undefined): Reply {
  return { status: 404, body: { message: `${kind} ${name} does not exist` } }
}
