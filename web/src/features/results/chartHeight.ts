/** Height of a chart's card with one line of legend: reserved before the chart is created. */
export const CHART_HEIGHT = 282;
/** The same with words below its x axis. */
export const XY_CHART_HEIGHT = 305;
