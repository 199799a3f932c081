// The environment of what is started: nothing of the shell around the run that would change a setting.

const KEPT = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LD_LIBRARY_PATH'];

/** @param {Readonly<Record<string, string | undefined>>} [added] */
export function environment(added) {
  const kept = KEPT.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(kept), ...added };
}
