package changelog

// formsZH are the same forms as release notes in Chinese use them. Chinese
// notes reach operators through mirrors and translated copies.
var formsZH = []form{
	{Breaking, "label: breaking", expr(`破坏性(?:变更|更改|更新|改动)|不(?:向后|再)?兼容`), nil, nil, true, true},
	{Breaking, "form: will not be available", expr(`(?:升级后|历史|现有|已有|旧).{0,40}(?:将)?(?:不可用|不再可用|丢失|失效|无法(?:使用|恢复)|被清空)|不可逆|无法回滚|渲染.{0,12}不同`), nil, nil, false, false},
	{Action, "obligation: please", expr(`(?:请|务必|必须|必需|须|需要|需|应当|应)(?:您|手动|先|同时|也|一并|自行|提前|务必|立即|仔细|显式|在.{1,20}[前后]?)*(?:确保|确认|更新|设置|修改|运行|执行|检查|重启|备份|添加|加入|删除|迁移|配置|重新|替换|升级|包含|把|改用|改为|监听|订阅|消费|调整|启用|禁用|重建|轮换|核对|审查|查看新)`), nil, nil, false, true},
	{Action, "obligation: until done", expr(`否则.{0,24}(?:不会|无法|不能|将|会|失败|停止|报错)|一并(?:删除|更新|升级|修改|替换|调整)`), nil, nil, false, true},
	{Action, "form: not done automatically", expr(`不会(?:被)?自动(?:更新|迁移|应用|同步|升级|修改)|手动(?:更新|迁移|执行|修改|添加|处理|运行)`), nil, nil, false, true},
	{Action, "form: after the upgrade", expr(`升级(?:完成)?后[^。；]{0,16}(?:重新(?:导入|索引|登录|配置|授权|安装|生成|创建|保存|发布|启动)|需|请|务必|手动)`), nil, nil, false, true},
	{Action, "form: before you upgrade", expr(`升级(?:之)?前.{0,12}(?:请|先|必须|务必|备份|执行|运行|确认)`), nil, nil, false, true},
	{Migration, "form: migration", expr(`(?:数据库|数据|表结构|模式|结构)(?:的)?迁移|迁移脚本|重新索引|回填`), nil, nil, false, true},
	{Removal, "form: removed", expr(`(?:移除|去除|下线|不再支持|不再提供|停止支持)|删除(?:了)?[^，。]{0,24}(?:接口|端点|路由|环境变量|配置项|选项|参数|命令|字段|服务|容器|镜像|支持)`), expr(`接口|端点|路由|环境变量|配置|变量|选项|参数|命令|队列|服务|容器|镜像|支持|api|[A-Z]_`), nil, false, false},
	{Deprecation, "form: deprecated", expr(`弃用|废弃|将(?:被|在.{0,12})(?:移除|删除)`), nil, nil, false, false},
	{Breaking, "form: renamed", expr(`(?:重命名|更名|改名)(?:为)?|(?:替换|取代)为|被.{1,30}(?:取代|替代|替换)|迁移(?:到|至).{0,20}(?:目录|路径|文件)|(?:现在|现已|已).{0,12}(?:拆分|移动|移至|移到)`), nil, nil, false, false},
	{Breaking, "form: now instead", expr(`(?:现在|现已|从现在起|今后|自此).{0,24}(?:运行|执行|使用|要求|需要|返回|存储|由|在)|而不是|改由|改用|改为`), expr(`worker|celery|redis|队列|进程|服务|接口|数据库|配置|变量|环境|密钥|api|容器|镜像|用户|模板|代理|默认`), nil, false, false},
	{Breaking, "form: no longer", expr(`不再`), expr(`默认|配置|变量|密钥|接口|服务|端点|数据库|依赖|支持|api|环境|有效`), nil, false, true},
	{Config, "form: default changed", expr(`默认(?:的)?[^，。；]{0,12}(?:关闭|开启|启用|禁用|停用|改|变更|切换)|默认(?:值|开启|关闭|启用|禁用|路径|超时|上限|不再|为|从|改|端口|密钥|镜像|版本|使用)|(?:从|由).{1,24}(?:改为|调整为|提高到|增加到|降低到|升级到|变为)`), nil, nil, true, false},
	{Config, "form: infrastructure", expr(`(?:新增|增加|添加|引入|新的|拆分|独立|升级|更新).{0,60}(?:队列|容器|服务容器|镜像|环境变量|配置项|沙箱|沙盒|插件守护进程|nginx|卷|端口|编排文件|compose)`), nil, nil, false, false},
}

var hardeningZH = expr(`安全(?:加固|修复|漏洞|更新)|漏洞|注入|越权|跨站|权限校验|租户隔离|未授权|拒绝.{0,12}(?:未签名|未授权|未认证|无效|过期|匿名)|防止.{0,12}(?:泄露|攻击|绕过)`)
