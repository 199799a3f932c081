// The process of the service; after a build, of its bundle.
import './service/main.js';
