/** Height of a chart's card with one line of legend: reserved before the chart is created. */
export const CHART_HEIGHT = 282;
/** The same with a caption below the x axis. */
export const XY_CHART_HEIGHT = 305;
