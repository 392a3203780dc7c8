import '@fontsource/fira-sans/latin-400.css';
import '@fontsource/fira-sans/latin-500.css';
import '@fontsource/fira-sans/latin-600.css';
import 'maplibre-gl/dist/maplibre-gl.css';
import './app.css';

import { mount } from 'svelte';

import AppView from './App.svelte';

mount(AppView, { target: document.getElementById('app')! });
