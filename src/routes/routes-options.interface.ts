/** Options of `RoutesModule.forRoot()`. */
export interface RoutesModuleOptions {
  /** What routes' `backend` functions get as their second argument, base URLs above all. @default {} */
  readonly environment?: object;
}

/** Makes the options, for `forRootAsync({ useClass })` and `useExisting`. */
export interface RoutesOptionsFactory {
  createRoutesOptions(): RoutesModuleOptions | Promise<RoutesModuleOptions>;
}
