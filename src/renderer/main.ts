/** The window's entry: mounts the application, nothing else. */
import { mount } from 'svelte';
import Window from './views/Window.svelte';
import './style.css';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no element with id "app"');
mount(Window, { target });
