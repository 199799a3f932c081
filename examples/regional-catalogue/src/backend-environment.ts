/** What the routes need to know of where they run. */
export interface BackendEnvironment {
  readonly BACKEND_URL: string;
}
