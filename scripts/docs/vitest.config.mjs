// For the tests in the documentation, which `npm run check:docs` has compiled.
export default {
  test: { include: ['**/*.{spec,test}.js'], exclude: [], watch: false },
};
