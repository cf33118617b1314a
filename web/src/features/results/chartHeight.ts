/** Height of a chart's card with one line of legend: what its place occupies before the chart is made. */
export const CHART_HEIGHT = 282;
/** The same with words below its x axis. */
export const XY_CHART_HEIGHT = 305;
