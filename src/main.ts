import { processEnvironment } from './service/config/index.js';
import { explainStart, startService } from './service/start-service.js';

try {
  await startService(processEnvironment());
} catch (error) {
  process.stderr.write(`${explainStart(error)}\n`);
  process.exit(1);
}
