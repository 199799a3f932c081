import { processEnvironment } from './config/index.js';
import { explainStart, serve } from './serve.js';

try {
  await serve(processEnvironment());
} catch (error) {
  process.stderr.write(`${explainStart(error)}\n`);
  process.exit(1);
}
