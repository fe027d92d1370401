import { LabIcon } from '@jupyterlab/ui-components';

import clusterSvg from '../style/icons/cluster.svg';
import dashboardSvg from '../style/icons/dashboard.svg';
import jobsSvg from '../style/icons/jobs.svg';
import pinSvg from '../style/icons/pin.svg';
import scaleSvg from '../style/icons/scale.svg';
import shutdownSvg from '../style/icons/shutdown.svg';

export const clusterIcon = new LabIcon({
  name: 'casa-labext:cluster',
  svgstr: clusterSvg
});

export const dashboardIcon = new LabIcon({
  name: 'casa-labext:dashboard',
  svgstr: dashboardSvg
});

export const jobsIcon = new LabIcon({
  name: 'casa-labext:jobs',
  svgstr: jobsSvg
});

export const pinIcon = new LabIcon({
  name: 'casa-labext:pin',
  svgstr: pinSvg
});

export const scaleIcon = new LabIcon({
  name: 'casa-labext:scale',
  svgstr: scaleSvg
});

export const shutdownIcon = new LabIcon({
  name: 'casa-labext:shutdown',
  svgstr: shutdownSvg
});
