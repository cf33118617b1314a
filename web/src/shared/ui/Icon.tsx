import activity from "bootstrap-icons/icons/activity.svg?raw";
import arrowClockwise from "bootstrap-icons/icons/arrow-clockwise.svg?raw";
import bell from "bootstrap-icons/icons/bell.svg?raw";
import boxArrowRight from "bootstrap-icons/icons/box-arrow-right.svg?raw";
import checkCircle from "bootstrap-icons/icons/check-circle-fill.svg?raw";
import chevronDown from "bootstrap-icons/icons/chevron-down.svg?raw";
import chevronRight from "bootstrap-icons/icons/chevron-right.svg?raw";
import circleHalf from "bootstrap-icons/icons/circle-half.svg?raw";
import clock from "bootstrap-icons/icons/clock.svg?raw";
import cloud from "bootstrap-icons/icons/cloud.svg?raw";
import cloudUpload from "bootstrap-icons/icons/cloud-upload.svg?raw";
import columns from "bootstrap-icons/icons/layout-three-columns.svg?raw";
import copy from "bootstrap-icons/icons/copy.svg?raw";
import dashCircle from "bootstrap-icons/icons/dash-circle.svg?raw";
import download from "bootstrap-icons/icons/download.svg?raw";
import exclamationTriangle from "bootstrap-icons/icons/exclamation-triangle-fill.svg?raw";
import eye from "bootstrap-icons/icons/eye.svg?raw";
import fileText from "bootstrap-icons/icons/file-earmark-text.svg?raw";
import flag from "bootstrap-icons/icons/flag-fill.svg?raw";
import gear from "bootstrap-icons/icons/gear.svg?raw";
import graphUp from "bootstrap-icons/icons/graph-up.svg?raw";
import hddStack from "bootstrap-icons/icons/hdd-stack.svg?raw";
import hddRack from "bootstrap-icons/icons/hdd-rack.svg?raw";
import hourglass from "bootstrap-icons/icons/hourglass-split.svg?raw";
import house from "bootstrap-icons/icons/house.svg?raw";
import infoCircle from "bootstrap-icons/icons/info-circle.svg?raw";
import keyboard from "bootstrap-icons/icons/keyboard.svg?raw";
import list from "bootstrap-icons/icons/list.svg?raw";
import key from "bootstrap-icons/icons/key.svg?raw";
import listCheck from "bootstrap-icons/icons/list-check.svg?raw";
import link from "bootstrap-icons/icons/link-45deg.svg?raw";
import unlock from "bootstrap-icons/icons/unlock.svg?raw";
import lock from "bootstrap-icons/icons/lock.svg?raw";
import moon from "bootstrap-icons/icons/moon-stars.svg?raw";
import pencil from "bootstrap-icons/icons/pencil.svg?raw";
import people from "bootstrap-icons/icons/people.svg?raw";
import person from "bootstrap-icons/icons/person.svg?raw";
import pin from "bootstrap-icons/icons/pin-angle-fill.svg?raw";
import play from "bootstrap-icons/icons/play-fill.svg?raw";
import plug from "bootstrap-icons/icons/plug.svg?raw";
import plus from "bootstrap-icons/icons/plus-lg.svg?raw";
import printer from "bootstrap-icons/icons/printer.svg?raw";
import search from "bootstrap-icons/icons/search.svg?raw";
import sliders from "bootstrap-icons/icons/sliders.svg?raw";
import stop from "bootstrap-icons/icons/stop-fill.svg?raw";
import sun from "bootstrap-icons/icons/sun.svg?raw";
import table from "bootstrap-icons/icons/table.svg?raw";
import teams from "bootstrap-icons/icons/diagram-3.svg?raw";
import threeDots from "bootstrap-icons/icons/three-dots.svg?raw";
import trash from "bootstrap-icons/icons/trash3.svg?raw";
import wifiOff from "bootstrap-icons/icons/wifi-off.svg?raw";
import x from "bootstrap-icons/icons/x-lg.svg?raw";
import xCircle from "bootstrap-icons/icons/x-circle-fill.svg?raw";
import zoomIn from "bootstrap-icons/icons/zoom-in.svg?raw";
import zoomOut from "bootstrap-icons/icons/zoom-out.svg?raw";

const ICONS = {
  activity,
  "arrow-clockwise": arrowClockwise,
  bell,
  "box-arrow-right": boxArrowRight,
  "check-circle": checkCircle,
  "chevron-down": chevronDown,
  "chevron-right": chevronRight,
  "circle-half": circleHalf,
  clock,
  cloud,
  "cloud-upload": cloudUpload,
  columns,
  copy,
  "dash-circle": dashCircle,
  download,
  "exclamation-triangle": exclamationTriangle,
  eye,
  "file-text": fileText,
  flag,
  gear,
  "graph-up": graphUp,
  "hdd-stack": hddStack,
  "hdd-rack": hddRack,
  hourglass,
  house,
  "info-circle": infoCircle,
  key,
  keyboard,
  link,
  list,
  "list-check": listCheck,
  lock,
  unlock,
  moon,
  pencil,
  people,
  person,
  pin,
  play,
  plug,
  plus,
  printer,
  search,
  sliders,
  stop,
  sun,
  table,
  teams,
  "three-dots": threeDots,
  trash,
  "wifi-off": wifiOff,
  x,
  "x-circle": xCircle,
  "zoom-in": zoomIn,
  "zoom-out": zoomOut,
};

export type IconName = keyof typeof ICONS;

/** One of Bootstrap's icons, inlined at build time. It is never the only information: there is a text next to it or in a label. */
export function Icon({ name, spin }: { name: IconName; spin?: boolean }) {
  return <span className={spin === true ? "icon icon-spin" : "icon"} aria-hidden dangerouslySetInnerHTML={{ __html: ICONS[name] }} />;
}
