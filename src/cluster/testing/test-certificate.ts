import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate for 127.0.0.1 that has signed itself, made by the `openssl` of the machine. */
export class TestCertificate {
  readonly keyFile: string;
  readonly certFile: string;

  private constructor(private readonly folder: string) {
    this.keyFile = join(folder, 'key.pem');
    this.certFile = join(folder, 'cert.pem');
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...['-days', '2', '-subj', '/CN=breakwater test', '-addext', 'subjectAltName=IP:127.0.0.1'],
        ...['-keyout', this.keyFile, '-out', this.certFile],
      ],
      { stdio: 'ignore' },
    );
  }

  static create(): TestCertificate {
    return new TestCertificate(mkdtempSync(join(tmpdir(), 'breakwater-tls-')));
  }

  /** It is its own authority. */
  get caFile(): string {
    return this.certFile;
  }

  get ca(): string {
    return readFileSync(this.certFile, 'utf8');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
